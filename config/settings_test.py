"""The few differences that tests need."""

from config.settings import *  # noqa: F403
from config.settings import STATE_DIR, STORAGES

# No collectstatic before a test: addresses stay as they are in templates.
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STATIC_ROOT = STATE_DIR
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
