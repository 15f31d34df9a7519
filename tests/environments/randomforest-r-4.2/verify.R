library(randomForest)
stopifnot(xml2::xml_text(xml2::read_xml("<a>by libxml2</a>")) == "by libxml2")
check(predict(load_model(), golden()[, 1:4]))
