"""What a lake needs before its processes start: folders, tables, the first administrator. Safe to repeat."""

from registry import home
from registry.db.accounts import SqlAccounts
from registry.db.alone import Alone, alone
from registry.db.engine import connect, upgrade
from registry.services.accounts import AccountService
from registry.settings import Settings


def set_up(settings: Settings) -> bool:
    """Bring the lake up to date; True when it is new, and then the administrator's token is in its file."""
    home.prepare(settings)
    engine = connect(settings.database)
    try:
        upgrade(engine)
        with engine.begin() as connection:
            # On several machines at once: one of them makes the administrator, the others find that there is one.
            alone(connection, Alone.FIRST_ADMIN)
            return AccountService(SqlAccounts(engine)).first_admin(
                settings.admin_name,
                settings.admin_password,
                lambda token: home.write_secret(settings.admin_token_file, token),
            )
    finally:
        engine.dispose()
