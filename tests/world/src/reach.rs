//! A [`Reach`] is a state that some world has to come upon: a promise that was never in danger was not tested.

macro_rules! reaches {
    ($($reach:ident = $what:literal;)*) => {
        /// A state that some world has to come upon.
        #[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
        pub enum Reach {
            $(#[doc = $what] $reach,)*
        }

        impl Reach {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$reach),*];

            /// What it is, in words.
            pub const fn what(self) -> &'static str {
                match self { $(Self::$reach => $what),* }
            }
        }
    };
}

reaches! {
    AbsenceTold = "whoever did not come back after a restart was said to have left";
    AddressAsked = "a new address was asked for";
    AddressNotHeld = "a new address was refused, since the lease is gone";
    BackgroundLeft = "the room was left because the app went to the background";
    CallAwaitsStream = "a call was refused about a stream that its session waits for, and was not told so";
    CallInVain = "a call ran out without a connection";
    CallTimedOut = "a call was sent and not answered in time";
    CallsTooMany = "a call was refused, since too many await an answer";
    ComparisonEndsGhost = "a stream that no room knows was found by a comparison, and ended";
    ComparisonFindsStart = "media that started unheard was found by a comparison";
    ConnectTimedOut = "a socket took too long to open";
    ConnectionGivenUp = "the way back to the room was not found";
    EpochNew = "a session heard that its room has begun a new history";
    EpochNewHidden = "it heard so in the background";
    EventForeign = "an event of another history was passed over";
    EventRepeated = "an event that came twice was passed over";
    EventsMissed = "events were missing, and the room was asked for as it is";
    GatewayAsksPatience = "the gateway wanted a request to be sent again later";
    GatewayStopping = "the gateway said goodbye before it stopped";
    Glance = "the app was hidden for so short a time that the room was not told";
    HiddenJoining = "the app was hidden while a join was under way";
    HiddenReconnecting = "the app was hidden while the session reconnected";
    InterruptedJoining = "the microphone was taken while a join was under way";
    InterruptedReconnecting = "the microphone was taken while the session reconnected";
    InterruptionPlayedAgain = "a pusher was played again when the microphone was free";
    JoinedAgain = "a session that was gone was followed by a new one";
    LateFrame = "a frame came on a socket that was given up";
    LeftReconnecting = "a page left while its session reconnected";
    LoginDisplaced = "a newer login of the user took the room";
    MemberHid = "a user made itself invisible";
    MemberTimedOut = "a member did not come back in time";
    OfflineReconnecting = "the phone said that it has no network while the session reconnected";
    OrderUnheard = "an order to a tag that nobody heard was followed by a new address";
    PingUnanswered = "a socket was given up, since a ping was not answered";
    PlayedAgain = "a tag was told to begin anew";
    Remounted = "a tag was told to leave its page and come back";
    RepairsSpent = "a stream broke again and again, and was given up";
    ResumedByReplay = "a resume was answered with events that were missed";
    ResumedBySnapshot = "a resume was answered with the room as it is";
    RightEnded = "a stream ended with the right to publish";
    SocketIdle = "the gateway gave up a socket that said nothing";
    SocketSlow = "the gateway put a socket out that read too slowly";
    StreamLost = "a stream ended, since its media did not come back";
    StreamRecovered = "a stream that had stalled got its media back";
    TokenEnded = "a member was put out, since its token ended";
    TokenWarned = "a page was warned of a token's end by the session's own clock";
    Unreadable = "a frame could not be read";
}

#[cfg(test)]
mod tests {
    use super::Reach;

    #[test]
    fn every_state_says_something_of_its_own() {
        let mut texts: Vec<&str> = Reach::ALL.iter().map(|reach| reach.what()).collect();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), Reach::ALL.len());
    }
}
