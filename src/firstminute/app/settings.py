"""Every setting there is: read once from the environment (`FIRSTMINUTE_…`) or given on the command line, then passed down and never changed.

Limits: what belongs to a city (plans, policies, catalogue) is register data, not a setting.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """The service's settings. Each field's description is its documentation."""

    model_config = SettingsConfigDict(env_prefix="FIRSTMINUTE_", frozen=True, extra="forbid")

    data_dir: Path = Field(
        default=Path(".firstminute"),
        description="Folder of the record: database, vault, tracks, snapshots, tokens.",
    )
    database_url: str | None = Field(
        default=None,
        repr=False,
        description="URL of a PostgreSQL database (`postgresql://…`) that is to have the record; without it the record is a file in the data folder.",
    )
    city_dir: Path | None = Field(
        default=None,
        description="Folder that `firstminute city build` wrote: roads, base map. Without it nothing is reached.",
    )
    desk: str = Field(
        default="city",
        min_length=1,
        max_length=40,
        pattern=r"^[a-z0-9-]+$",
        description="Name of this desk; part of every fact.",
    )
    host: str = Field(
        default="127.0.0.1",
        description="Address to listen on. Anything but this machine itself needs TLS: own, or ended by a proxy.",
    )
    port: int = Field(default=8135, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    tls_certificate: Path | None = Field(
        default=None,
        description="PEM file with the certificate and its chain; the service then speaks HTTPS only. A changed file is read again.",
    )
    tls_key: Path | None = Field(
        default=None,
        description="PEM file with the certificate's key, without a passphrase, not readable by others.",
    )
    behind_proxy: bool = Field(
        default=False,
        description="A reverse proxy that we trust ends TLS and names the client last in X-Forwarded-For.",
    )
    token_requests_per_s: float = Field(
        default=500.0,
        ge=0.0,
        description="Requests of one token that are served for long, per second; ten seconds' worth may come at once. Calls have no bound; 0 = none.",
    )
    address_requests_per_s: float = Field(
        default=2_000.0,
        ge=0.0,
        description="The same for one network address (IPv6: 64 bits of it), which a whole building may share. Calls have no bound; 0 = none.",
    )
    address_guesses_per_s: float = Field(
        default=20.0,
        ge=0.0,
        description="Requests with an unknown token from one address that are looked at, per second; 0 = no bound.",
    )
    public_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^/?#\s]+$",
        description="Where people reach the page, such as https://desk.example. Passkeys and single sign-on are bound to it.",
    )
    emergency_number: str = Field(
        default="110",
        pattern=r"^[0-9+][0-9 ]{1,19}$",
        description="The number that the public page names first: whoever is in danger telephones.",
    )
    passkey_first: bool = Field(
        default=False,
        description="A passkey whose device has checked its holder (finger, face, PIN) opens a session without a password.",
    )
    lock_after_min: float = Field(
        default=10.0,
        ge=0.0,
        le=25.0,
        description="A desk that nobody touches for so long is locked, minutes; it goes on showing and sounding. 0 = never.",
    )
    self_registration: bool = Field(
        default=False,
        description="Volunteers may ask a team's lead and residents an officer to let them in.",
    )
    staff_card_authorities: Path | None = Field(
        default=None,
        description="PEM file of the authorities whose certificates (smart card, UKey) serve staff as second factor.",
    )
    staff_card_withdrawn: Path | None = Field(
        default=None,
        description="PEM file of these authorities' revocation lists; read again when it changes.",
    )
    proxy_key: Path | None = Field(
        default=None,
        description="File of at least 32 bytes shared with the proxy, which signs with it the certificate that a client showed.",
    )
    oidc_issuer: str | None = Field(
        default=None,
        pattern=r"^https?://\S+$",
        description="Issuer of single sign-on (OpenID Connect); plain http on this machine alone.",
    )
    oidc_client_id: str = Field(default="", description="Our client id there.")
    oidc_secret: Path | None = Field(
        default=None, description="File with our client secret there; none for a public client."
    )
    oidc_groups: str = Field(
        default="groups", description="Claim of the ID token that lists a person's groups."
    )
    oidc_roles: dict[str, str] = Field(
        default_factory=dict,
        description='Which role a group gives, as JSON: {"desk": "dispatcher"}. Never a duty, never one that needs a unit or team.',
    )
    oidc_accounts: str = Field(
        default="linked",
        pattern=r"^(linked|made)$",
        description="linked: only accounts whose holder linked them; made: an account at first sight, with the roles of its groups.",
    )
    oidc_trusts_factor: bool = Field(
        default=False,
        description="No second factor of ours where the ID token says that several were shown (amr holds mfa). Needed for made accounts.",
    )
    web_dir: Path | None = Field(
        default=None,
        description="Folder of the built web page; by default the one installed with the package.",
    )
    hash_name: str = Field(
        default="sha256",
        description="Hash function of new journal segments: sha256, or sm3 where OpenSSL has it.",
    )
    mass_alert_over: int = Field(
        default=200,
        ge=1,
        description="How many people one person alone may call, warn or recall with one command; above it a second person must say yes.",
    )
    most_waiting: int = Field(
        default=8192,
        ge=16,
        description="Commands that may wait before others are told that the desk is busy.",
    )
    answers_kept_days: float = Field(
        default=7.0,
        ge=3.0,
        description="How long the answer to a command id is kept for retries, days; at least 3.",
    )
    closed_kept_h: float = Field(
        default=8.0,
        ge=1.0,
        description="How long a closed incident stays known to a rebuilt state, hours: one shift.",
    )
    tracks_kept_days: int = Field(
        default=60, ge=1, le=365, description="How long positions are kept, days; older files are deleted."
    )
    calls_kept_days: int = Field(
        default=0,
        ge=0,
        description="Days after the last word about a call before its data go by themselves; 0 = never.",
    )
    incidents_kept_days: int = Field(
        default=0,
        ge=0,
        description="Days after the last fact about an incident or a task before its data go; 0 = never.",
    )
    rolls_kept_days: int = Field(
        default=180,
        ge=0,
        description="Days after a roll ended before who stood on it is forgotten; 0 = never.",
    )
    registers_kept_days: int = Field(
        default=90,
        ge=0,
        description="Days after a row was removed from its register before the names and phones in it go; 0 = never.",
    )
    notes_kept_days: int = Field(
        default=0,
        ge=0,
        description="Days after the last note about a unit, a district or a hand-over before its notes go; 0 = never.",
    )
    vault_backups: int = Field(
        default=3,
        ge=0,
        le=30,
        description="How many daily backups of the key file are kept; erased persons live on in them.",
    )
    vault_cipher: str = Field(
        default="aes-256-gcm",
        pattern=r"^(aes-256-gcm|sm4-gcm)$",
        description="What seals personal data from now on: aes-256-gcm, or sm4-gcm. Whatever was sealed before opens all the same.",
    )
    verify_hours: float = Field(
        default=24.0,
        ge=0.0,
        description="How often the hash chain is checked in the background, hours; 0 = never.",
    )
    attachment_megabytes: int = Field(
        default=25, ge=1, le=100, description="How large one photo, voice note or film may be, megabytes."
    )
    attachment_megabytes_a_day: int = Field(
        default=500,
        ge=1,
        description="How much one account or device may attach in a day, megabytes. Words have no such bound.",
    )
    attachments_megabytes: int = Field(
        default=20_000,
        ge=1,
        description="How much room attachments may take on the disk altogether, megabytes; a gigabyte stays free whatever is set here.",
    )
    language: str = Field(
        default="zh-CN",
        pattern=r"^(zh-CN|en)$",
        description="Language of messages to people whose own language the register does not say: zh-CN or en.",
    )
    snapshot_minutes: float = Field(
        default=5.0,
        ge=0.0,
        description="How often a snapshot is folded beside the desk while facts come in, minutes; 0 = only at a stop.",
    )
    message_folder: Path | None = Field(
        default=None,
        description="Folder where outgoing messages are dropped as files, for a gateway to fetch.",
    )
    border_folder: Path | None = Field(
        default=None,
        description="Two zones: folder whose out/ a carrier empties and whose in/ it fills (one-way file transfer, 摆渡); on either side.",
    )
    border_address: str | None = Field(
        default=None,
        description="Two zones, inside: https address of the zone outside, which is called once a second; never the other way round.",
    )
    border_token_file: Path | None = Field(
        default=None,
        description="Two zones, inside: file with the token of role border that the zone outside gave.",
    )
    border_authority: Path | None = Field(
        default=None,
        description="Two zones, inside: PEM file of who signs the outside's certificate; the machine's own list where left out.",
    )
    border_most_mb: int = Field(
        default=1_000,
        ge=1,
        le=1_000_000,
        description="Two zones: room for what waits to go over, MB; an alarm at 70 %, and the last of it is kept for calls.",
    )
    jt808_port: int = Field(
        default=0,
        ge=0,
        le=65535,
        description="Port for vehicle terminals that speak JT/T 808, a protocol in clear; 0 = none. For a network of its own, behind the carrier's gateway.",
    )
    jt808_host: str = Field(
        default="127.0.0.1",
        description="Address on which terminals are listened to: of this machine, or a private one of the terminals' own network.",
    )
    webhook_hosts: str = Field(
        default="",
        description="Hosts that webhooks may go to, parted by commas, each as name or name:port; without any nothing is sent.",
    )
    webhook_networks: str = Field(
        default="",
        description="Networks of the house that webhooks may reach, such as 10.20.0.0/16, parted by commas; plain http is spoken only there.",
    )
    webhook_ca: Path | None = Field(
        default=None,
        description="PEM file with the certificate authority of receivers in the house; by default those the machine trusts.",
    )
    push_hosts: str = Field(
        default="",
        description="Hosts of push services that phones may be reached by, parted by commas (such as fcm.googleapis.com); without any nothing is pushed.",
    )
    push_contact: str | None = Field(
        default=None,
        pattern=r"^(mailto:|https://)\S+$",
        description="Where a push service writes to when something is wrong with our messages: mailto: or https:; `public_url` where left out.",
    )
    sms_url: str | None = Field(
        default=None,
        pattern=r"^https?://\S+$",
        description="Address of your adaptor for text messages, which takes them as signed JSON. Plain http only within `webhook_networks`.",
    )
    voice_url: str | None = Field(
        default=None,
        pattern=r"^https?://\S+$",
        description="Address of your adaptor that calls a telephone and reads aloud; as `sms_url`.",
    )
    wecom_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^?#\s]+$",
        description="Address of WeCom group robots: https://qyapi.weixin.qq.com/cgi-bin/webhook/send. The key of each is in its team's row.",
    )
    cad_folder: Path | None = Field(
        None,
        description="Folder in which another CAD drops its records as files (in/) and finds their status (out/).",
    )
