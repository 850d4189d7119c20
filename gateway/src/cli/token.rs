//! `token mint` and `token inspect`.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use miniapp_rtc::protocol::{AppId, RoomId, Secret, UserId};
use miniapp_rtc::token::{AccessToken, AppKey, Privilege, PrivilegeGrant, RoomScope, TokenTimes};
use serde::Serialize;

use super::DurationArgument;
use super::join_link::{JoinLink, qr_code};
use crate::clock::unix_now;
use crate::random::random_number;

/// Makes and reads access tokens.
#[derive(Debug, Subcommand)]
pub(super) enum Token {
    /// Makes a token and prints it
    Mint(Mint),
    /// Prints as JSON what a token holds and whether it is valid
    ///
    /// Exits with 0 where it is valid, with 1 where it is not.
    Inspect(Inspect),
}

#[derive(Args, Debug)]
pub(super) struct Mint {
    /// The application: 24 letters and digits
    #[arg(long, env = "MINIAPP_RTC_APP_ID")]
    app_id: String,
    /// The application's key; better given in the environment, where other users of the machine do not see it
    #[arg(long, env = "MINIAPP_RTC_APP_KEY", hide_env_values = true, value_parser = secret)]
    app_key: Secret,
    /// The room, or * for every room of the application
    #[arg(long)]
    room: String,
    /// The user
    #[arg(long)]
    user: String,
    /// Allow publishing
    #[arg(long)]
    publish: bool,
    /// Allow subscribing
    #[arg(long)]
    subscribe: bool,
    /// How long the token holds: 90s, 15m, 24h, 7d; 0s makes one that never ends
    #[arg(long, default_value = "24h")]
    expire: DurationArgument,
    /// Let publishing end earlier than the token
    #[arg(long, value_name = "DURATION", requires = "publish")]
    publish_expire: Option<DurationArgument>,
    /// Let subscribing end earlier than the token
    #[arg(long, value_name = "DURATION", requires = "subscribe")]
    subscribe_expire: Option<DurationArgument>,
    /// Print, in place of the token, a link that joins with it, and the same as a QR code
    #[arg(long, requires_all = ["gateway", "page"])]
    qr: bool,
    /// The gateway that the link leads to: wss://example.com/v1
    #[arg(long, value_name = "URL", requires = "qr")]
    gateway: Option<String>,
    /// The page that reads the link, such as example-web
    #[arg(long, value_name = "URL", requires = "qr")]
    page: Option<String>,
}

#[derive(Args, Debug)]
pub(super) struct Inspect {
    /// The token
    #[arg(value_parser = secret)]
    token: Secret,
    /// The application that the token must be for; without it, a token of every application is in order
    #[arg(long, env = "MINIAPP_RTC_APP_ID")]
    app_id: Option<String>,
    /// The application's key, to check the signature; better given in the environment
    #[arg(long, env = "MINIAPP_RTC_APP_KEY", hide_env_values = true, value_parser = secret)]
    app_key: Option<Secret>,
    /// Judge the token at this time instead of the present
    #[arg(long, value_name = "UNIX_SECONDS")]
    now: Option<u32>,
}

/// What `inspect` prints.
#[derive(Debug, Serialize)]
struct Inspection {
    valid: bool,
    /// Why it is not valid, or what was not checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    fields: Option<TokenFields>,
}

#[derive(Debug, Serialize)]
struct TokenFields {
    version: &'static str,
    app: AppId,
    room: String,
    user: UserId,
    nonce: u32,
    issued_at: u32,
    /// 0: never.
    expires_at: u32,
    privileges: Vec<PrivilegeFields>,
    signature: &'static str,
}

#[derive(Debug, Serialize)]
struct PrivilegeFields {
    key: u16,
    name: &'static str,
    /// 0: with the token.
    expires_at: u32,
}

impl Token {
    pub(super) fn run(self) -> Result<ExitCode, String> {
        match self {
            Self::Mint(mint) => {
                mint.print(&mint.sign(unix_now())?)?;
                Ok(ExitCode::SUCCESS)
            }
            Self::Inspect(inspect) => {
                let report = inspect.report(inspect.now.unwrap_or_else(unix_now))?;
                print(&serde_json::to_string_pretty(&report).map_err(|error| error.to_string())?)?;
                Ok(if report.valid { ExitCode::SUCCESS } else { ExitCode::FAILURE })
            }
        }
    }
}

impl Mint {
    fn sign(&self, now: u32) -> Result<Secret, String> {
        if !self.publish && !self.subscribe {
            return Err("a token needs at least one of --publish and --subscribe, or nobody can join with it".into());
        }
        let app = AppId::parse(self.app_id.as_str()).map_err(|error| format!("--app-id: {error}"))?;
        let key = AppKey::parse(self.app_key.reveal()).map_err(|error| error.to_string())?;
        let room = match self.room.as_str() {
            "*" => RoomScope::Any,
            room => RoomScope::Room(RoomId::parse(room).map_err(|error| format!("--room: {error}"))?),
        };
        let user = UserId::parse(self.user.as_str()).map_err(|error| format!("--user: {error}"))?;
        let expires_at = match self.expire.seconds {
            0 => 0,
            seconds => now.saturating_add(seconds),
        };
        let end = |argument: &str, own: Option<DurationArgument>| match own {
            None => Ok(expires_at),
            Some(own) if own.seconds == 0 => {
                Err(format!("{argument} must be 1s at least; leave it out to end with the token"))
            }
            Some(own) if self.expire.seconds != 0 && own.seconds > self.expire.seconds => {
                Err(format!("{argument} is later than the token's own end; give a longer --expire"))
            }
            Some(own) => Ok(now.saturating_add(own.seconds)),
        };
        let mut privileges = Vec::new();
        if self.publish {
            // Publishing as a whole, then its audio, video and data.
            let expires_at = end("--publish-expire", self.publish_expire)?;
            privileges.extend([0, 1, 2, 3].map(|key| PrivilegeGrant { key, expires_at }));
        }
        if self.subscribe {
            let expires_at = end("--subscribe-expire", self.subscribe_expire)?;
            privileges.push(PrivilegeGrant { key: Privilege::Subscribe.key(), expires_at });
        }
        let nonce = random_number().map_err(|error| error.to_string())?;
        Ok(key.sign(app, room, user, privileges, TokenTimes { nonce, issued_at: now, expires_at }))
    }
}

impl Mint {
    fn print(&self, token: &Secret) -> Result<(), String> {
        let (Some(gateway), Some(page)) = (&self.gateway, &self.page) else {
            return print(token.reveal());
        };
        let link = JoinLink { page, gateway, app: &self.app_id, room: &self.room, user: &self.user, token }.url()?;
        print(&qr_code(&link, std::io::stdout().is_terminal())?)?;
        print(link.reveal())
    }
}

impl Inspect {
    fn report(&self, now: u32) -> Result<Inspection, String> {
        let app = self.app_id.as_deref().map(AppId::parse).transpose().map_err(|error| format!("--app-id: {error}"))?;
        let token = match AccessToken::parse(self.token.reveal()) {
            Ok(token) => token,
            Err(error) => return Ok(Inspection { valid: false, reason: Some(error.to_string()), fields: None }),
        };
        let key = self.app_key.as_ref().map(|key| AppKey::parse(key.reveal())).transpose();
        let key = key.map_err(|error| error.to_string())?;
        let (signature, fault) = match key.map(|key| key.verify(&token, now)) {
            None => ("unchecked", expiry(&token, now)),
            Some(Ok(())) => ("valid", None),
            Some(Err(error @ miniapp_rtc::token::TokenError::Signature)) => ("invalid", Some(error.to_string())),
            Some(Err(error)) => ("valid", Some(error.to_string())),
        };
        let foreign = app.filter(|app| *app != token.app);
        let foreign = foreign.map(|app| format!("the token is of another application than {app} (--app-id)"));
        let fault = foreign.or(fault).or_else(|| idle(&token, now));
        let valid = fault.is_none();
        let unchecked = (signature == "unchecked")
            .then(|| "the signature is unchecked: give the application's key in MINIAPP_RTC_APP_KEY".into());
        Ok(Inspection { valid, reason: fault.or(unchecked), fields: Some(TokenFields::of(&token, signature)) })
    }
}

impl TokenFields {
    fn of(token: &AccessToken, signature: &'static str) -> Self {
        let room = match &token.room {
            RoomScope::Any => "*".into(),
            RoomScope::None => String::new(),
            RoomScope::Room(room) => room.as_str().into(),
        };
        let name = |key| match key {
            0 => "publish",
            1 => "publish_audio",
            2 => "publish_video",
            3 => "publish_data",
            4 => "subscribe",
            _ => "unknown",
        };
        let grant = |grant: &PrivilegeGrant| PrivilegeFields {
            key: grant.key,
            name: name(grant.key),
            expires_at: grant.expires_at,
        };
        Self {
            version: "001",
            app: token.app.clone(),
            room,
            user: token.user.clone(),
            nonce: token.nonce,
            issued_at: token.issued_at,
            expires_at: token.expires_at,
            privileges: token.privileges.iter().map(grant).collect(),
            signature,
        }
    }
}

fn expiry(token: &AccessToken, now: u32) -> Option<String> {
    let expired_at = token.expires_at;
    token.has_expired(now).then(|| miniapp_rtc::token::TokenError::Expired { expired_at }.to_string())
}

/// A token that opens no room, or allows nothing in it.
fn idle(token: &AccessToken, now: u32) -> Option<String> {
    let allows = |privilege| token.allows(privilege, now);
    match token.room {
        // Tokens of the messaging service name no room; whether they are good is not for this gateway to say.
        RoomScope::None => None,
        RoomScope::Any | RoomScope::Room(_) if allows(Privilege::Publish) || allows(Privilege::Subscribe) => None,
        RoomScope::Any | RoomScope::Room(_) => {
            Some("the token allows neither publishing nor subscribing at that time".into())
        }
    }
}

/// Unlike `println!`, no panic where nobody reads.
fn print(text: &str) -> Result<(), String> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{text}").and_then(|()| stdout.flush()).map_err(|error| format!("stdout: {error}"))
}

pub(super) fn secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(text))
}
