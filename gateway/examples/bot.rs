//! A bot in a room: it publishes or plays by a program of yours, and keeps that program connected.
//!
//! ```text
//! bot publish   ffmpeg -re -i film.mp4 -c:v libx264 -profile:v baseline -c:a aac -f flv {url}
//! bot play USER ffplay {url}
//! ```
//!
//! `{url}` stands for the RTMP address. The environment holds `GATEWAY`, `APP_ID`, `ROOM`, `BOT` (its user) and `TOKEN`. When the
//! program ends, the bot asks for a new address and starts the program again, as often as the client allows.

use std::env;
use std::error::Error;
use std::process::ExitCode;

use miniapp_rtc::client::{Client, Events};
use miniapp_rtc::protocol::{AppId, Role, RoomId, Secret, StreamKind, Tracks, UserId};
use miniapp_rtc::session::{ClientEvent, NativeReport, Said, SubscribeCall};
use tokio::process::{Child, Command};

type Failure = Box<dyn Error>;

/// What the bot is asked to do.
struct Task {
    /// Whose stream it plays; `None` where it publishes.
    user: Option<UserId>,
    program: Vec<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("bot: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Failure> {
    let task = Task::of_arguments(env::args().skip(1))?;
    let (client, mut events) = Client::new(std::process::id());
    client.init(AppId::parse(variable("APP_ID")?)?, vec![variable("GATEWAY")?]).await?;
    client.join(Secret::new(variable("TOKEN")?), RoomId::parse(variable("ROOM")?)?, me()?).await?;
    let outcome = tokio::select! {
        outcome = work(&client, &mut events, &task) => outcome,
        _ = stopped() => Ok(()),
    };
    client.destroy().await?;
    outcome
}

/// Runs the program with each address that the client gives, until the client gives the stream up.
async fn work(client: &Client, events: &mut Events, task: &Task) -> Result<(), Failure> {
    let url = task.begin(client, events).await?;
    let mut program = task.start(&url)?;
    task.report(client, task.flows());
    loop {
        tokio::select! {
            ended = program.wait() => {
                eprintln!("bot: the program ended, {}", ended?);
                task.report(client, task.ended());
                program = task.start(&next_url(events).await?)?;
                task.report(client, task.flows());
            }
            event = events.next() => match event {
                Some(ClientEvent::UpdateUrl(update)) => {
                    program.kill().await?;
                    program = task.start(&update.url)?;
                    task.report(client, task.flows());
                }
                Some(ClientEvent::StreamFailed(failed)) => return Err(failed.reason.into()),
                Some(ClientEvent::StreamRemoved(_)) if task.user.is_some() => return Ok(()),
                Some(_) => {}
                None => return Err("the client has ended".into()),
            }
        }
    }
}

/// The next address; whatever else comes meanwhile does not help.
async fn next_url(events: &mut Events) -> Result<Secret, Failure> {
    loop {
        match events.next().await {
            Some(ClientEvent::UpdateUrl(update)) => return Ok(update.url),
            Some(ClientEvent::StreamFailed(failed)) => return Err(failed.reason.into()),
            Some(_) => {}
            None => return Err("the client has ended".into()),
        }
    }
}

impl Task {
    fn of_arguments(mut arguments: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let user = match arguments.next().as_deref() {
            Some("publish") => None,
            Some("play") => Some(UserId::parse(arguments.next().unwrap_or_default())?),
            _ => return Err(USAGE.into()),
        };
        let program: Vec<String> = arguments.collect();
        if program.iter().any(|argument| argument.contains(URL)) {
            Ok(Self { user, program })
        } else {
            Err(USAGE.into())
        }
    }

    /// Publishes, or waits for the stream and subscribes. Returns the first address.
    async fn begin(&self, client: &Client, events: &mut Events) -> Result<Secret, Failure> {
        let Some(uid) = &self.user else { return Ok(client.publish(false).await?) };
        loop {
            match events.next().await {
                Some(ClientEvent::StreamAdded(added)) if added.uid == *uid && !added.screen => break,
                Some(_) => {}
                None => return Err("the client has ended".into()),
            }
        }
        let wanted = SubscribeCall { uid: uid.clone(), screen: false, tracks: Tracks::BOTH };
        Ok(client.subscribe(wanted).await?)
    }

    fn start(&self, url: &Secret) -> Result<Child, Failure> {
        let mut arguments = self.program.iter().map(|argument| argument.replace(URL, url.reveal()));
        let program = arguments.next().ok_or(USAGE)?;
        Ok(Command::new(program).args(arguments).kill_on_drop(true).spawn()?)
    }

    fn report(&self, client: &Client, code: i32) {
        let (role, user) = (if self.user.is_some() { Role::Player } else { Role::Pusher }, self.user.clone());
        client.report(NativeReport { role, user, kind: StreamKind::Camera, what: Said::Code(code) });
    }

    /// The native code of media that flow.
    fn flows(&self) -> i32 {
        if self.user.is_some() { 2004 } else { 1002 }
    }

    /// The native code of a connection that ended for good.
    fn ended(&self) -> i32 {
        if self.user.is_some() { -2301 } else { -1307 }
    }
}

fn me() -> Result<UserId, Failure> {
    Ok(UserId::parse(variable("BOT")?)?)
}

fn variable(name: &str) -> Result<String, Failure> {
    env::var(name).map_err(|_| format!("the environment lacks {name}. {USAGE}").into())
}

/// Ctrl-C, or another program that asks the bot to end.
async fn stopped() {
    #[cfg(unix)]
    if let Ok(mut asked) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = asked.recv() => return,
            _ = tokio::signal::ctrl_c() => return,
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

const URL: &str = "{url}";
const USAGE: &str = "usage: bot publish PROGRAM … {url} …, or: bot play USER PROGRAM … {url} …, with GATEWAY, APP_ID, ROOM, \
    BOT and TOKEN in the environment";
