"""What can go wrong, in three families: the caller's fault, the model's fault, the lake's fault.

    families    WelesError, and below it CallerError, ModelError and LakeError
    invalid     caller: what was sent, or asked for, cannot be taken
    state       caller: it does not go with how things are now
    access      caller: who asks may not
    model       model
    lake        lake
    document    from_document: an error from another process of the lake

An error carries data (`fields`) and says what to do `next`; it never knows an HTTP status. `registry.api.problems`
maps each class to one.
"""
