"""Django's settings. Reading them starts nothing and writes nothing; `lichen.web.prepare` does that.

A demo runs without any variable set. `LICHEN_PRODUCTION=yes` refuses every default that is weak in public; the
refusals are system checks (`lichen.web.checks`).
"""

from __future__ import annotations

import secrets
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from lichen.vocab.settings import database_url, home
from lichen.web import environment, postgres, secret_key
from lichen.web.accounts.oidc import providers

_HERE = Path(__file__).resolve().parent
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")

PRODUCTION = environment.boolean(
    "LICHEN_PRODUCTION", False, "Refuse to start with settings that are weak in public. yes or no; default no."
)
DEBUG = environment.boolean(
    "LICHEN_DEBUG", False, "Show Django's error pages with source code. For development only; default no."
)
ALLOWED_HOSTS = environment.words(
    "LICHEN_HOSTS", _LOCAL_HOSTS, "Host names the web answers to, comma-separated; default the local machine."
)
HTTPS = environment.boolean(
    "LICHEN_HTTPS",
    PRODUCTION,
    "Readers come by HTTPS: cookies are sent by HTTPS only and browsers remember it. Default: as LICHEN_PRODUCTION.",
)
PROXY = environment.boolean(
    "LICHEN_PROXY",
    False,
    "A proxy in front of us ends HTTPS and always sets X-Forwarded-Proto itself. Default no.",
)
CSRF_TRUSTED_ORIGINS = environment.words(
    "LICHEN_ORIGINS", (), "Origins (https://name) from which forms may come besides our own, comma-separated."
)

# A key kept by `prepare`; before that (tests, makemigrations, --help) one that lives as long as this process.
SECRET_KEY_KEPT = environment.text(
    "LICHEN_SECRET_KEY", secret_key.read(home().keys) or "", "Signs sessions; default: made and kept under keys/."
)
SECRET_KEY = SECRET_KEY_KEPT or secrets.token_urlsafe(48)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "lichen.web.site.Site",
    "lichen.web.registry",
    "lichen.web.accounts",
    "lichen.web.acts",
    "lichen.web.readings",
    "lichen.web.ledgerpages",
    "lichen.web.room",
    "lichen.web.explorer",
    "lichen.web.tokens",
    "lichen.web.publish",
    "lichen.web.desk",
    "lichen.web.results",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "lichen.web.headers.security_headers",
    "lichen.web.unavailable.unavailable_pages",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "lichen.web.language.chosen_language",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "lichen.web.accounts.second_factor.required_second_factor",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "lichen.web.urls"
ASGI_APPLICATION = "lichen.web.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_HERE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "lichen.web.templatetags.lichen"],
        },
    }
]

DATABASES = {"default": environment.postgresql(database_url() or postgres.url(home().database))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "entrance"
LOGOUT_REDIRECT_URL = "stations"

# Signing in: django-allauth, by user name. Nobody signs up; an administrator registers people (`lichen.web.accounts`).
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
ACCOUNT_ADAPTER = "lichen.web.accounts.adapters.Accounts"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_SESSION_REMEMBER = False  # the session ends with the browser, and after SESSION_COOKIE_AGE at the latest
ACCOUNT_FORMS = {
    "login": "lichen.web.accounts.forms.SignInForm",
    "reauthenticate": "lichen.web.accounts.forms.PasswordAgainForm",
    "change_password": "lichen.web.accounts.forms.NewPasswordForm",
}
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600  # [s]
#: After five failures an account is locked for a quarter of an hour; one address may try thirty times a minute.
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "30/m/ip,5/15m/key", "reauthenticate": "10/m/user"}
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if PROXY else 0

MFA_ADAPTER = "lichen.web.accounts.adapters.SecondFactors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
# Addresses of people are for administrators; nothing is ever sent to them, so none is ever verified.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_RECOVERY_CODE_COUNT = 10
MFA_FORMS = {
    "authenticate": "lichen.web.accounts.forms.CodeForm",
    "reauthenticate": "lichen.web.accounts.forms.CodeAgainForm",
    "activate_totp": "lichen.web.accounts.forms.FirstCodeForm",
    "authenticate_webauthn": "lichen.web.accounts.forms.KeyForm",
    "reauthenticate_webauthn": "lichen.web.accounts.forms.KeyAgainForm",
    "add_webauthn": "lichen.web.accounts.forms.NewKeyForm",
    "edit_webauthn": "lichen.web.accounts.forms.KeyNameForm",
}
SECOND_FACTOR_REQUIRED = environment.boolean(
    "LICHEN_SECOND_FACTOR",
    PRODUCTION,
    "Officers and administrators must set up a second factor first. Default: as LICHEN_PRODUCTION.",
)

SOCIALACCOUNT_ADAPTER = "lichen.web.accounts.adapters.OrganisationSignIn"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_STORE_TOKENS = False
# A form that ends at another site is against our policy (form-action), so signing in there begins with a link.
SOCIALACCOUNT_LOGIN_ON_GET = True
OIDC_ISSUER = environment.text(
    "LICHEN_OIDC_ISSUER",
    "",
    "OpenID Connect: the issuer's address (https://…), which people may sign in with. Default none.",
)
OIDC_CLIENT = environment.text("LICHEN_OIDC_CLIENT", "lichen", "OpenID Connect: our client id there. Default lichen.")
OIDC_SECRET = environment.text("LICHEN_OIDC_SECRET", "", "OpenID Connect: our client secret there.")
OIDC_NAME = environment.text("LICHEN_OIDC_NAME", "", "OpenID Connect: what the button says; default the issuer's host.")
OIDC_CLAIM = environment.text(
    "LICHEN_OIDC_CLAIM",
    "preferred_username",
    "OpenID Connect: the claim with our user name, read the first time; people must not be able to choose it.",
)
SOCIALACCOUNT_PROVIDERS = providers(OIDC_ISSUER, OIDC_CLIENT, OIDC_SECRET, OIDC_NAME)

# Chinese first; English complete. Instants are kept in UTC and shown on the standards' clock.
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
LOCALE_PATHS = [_HERE / "locale"]
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

# The map. Without tiles it shows the outlines of the districts only, and nothing is asked of anybody else.
TILES = environment.text(
    "LICHEN_TILES_URL",
    "",
    "Raster tiles behind the map: addresses with {x}, {y}, {z} (Web Mercator), blanks between; the last lies on top. "
    "Readers' browsers load them from there. Default none.",
).split()
TILES_ATTRIBUTION = environment.text("LICHEN_TILES_ATTRIBUTION", "", "Whom to name as the source of the tiles.")
OUTLINES = environment.text(
    "LICHEN_OUTLINES", "", "GeoJSON file with the outlines of the districts; default those that come with Lichen."
)

# The API (`lichen.web.api`).
API_RATE = environment.whole(
    "LICHEN_API_RATE", 1200, "API requests a minute that one address may make without a token. Default 1200."
)
API_TOKEN_RATE = environment.whole(
    "LICHEN_API_TOKEN_RATE", 6000, "API requests a minute that one token may make. Default 6000."
)
API_LIVE_READERS = environment.whole(
    "LICHEN_API_LIVE_READERS", 2000, "Readers of the live stream at once, in one process. Default 2000."
)

STATIC_URL = "/static/"
STATICFILES_DIRS = [_HERE / "static"]

SESSION_COOKIE_NAME = "lichen_session"
SESSION_COOKIE_AGE = 12 * 3600  # [s] one working day
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
CSRF_COOKIE_NAME = "lichen_csrf"
LANGUAGE_COOKIE_NAME = "lichen_language"
LANGUAGE_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXY else None
# Liveness is asked by the machine itself, without HTTPS.
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]

# What the open data pages say about who publishes and what readers may do.
PUBLISHER = environment.text("LICHEN_PUBLISHER", "", "Name of the authority that publishes the open data.")
PUBLISHER_CODE = environment.text(
    "LICHEN_PUBLISHER_CODE", "", "Its unified social credit code (18 characters), for the catalogue."
)
OPEN_DATA_LICENCE = environment.text(
    "LICHEN_OPEN_DATA_LICENCE", "", "Licence of the open data, as readers see it; default: none is stated."
)
OPEN_DATA_LICENCE_URL = environment.text("LICHEN_OPEN_DATA_LICENCE_URL", "", "Address of the licence's text.")
OPEN_DATA_BASIS = environment.text(
    "LICHEN_OPEN_DATA_BASIS", "", "Rule or approval under which the data are published, as readers see it."
)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "lichen.logs.UtcFormatter", "format": "{asctime} {levelname} {name}: {message}", "style": "{"}
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"django.server": {"handlers": ["console"], "propagate": False}},
}
