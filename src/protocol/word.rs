//! Words: enums that cross the wire as one lowercase text each.

/// Defines an enum of words. With `else Variant`, a word of a later version is read as that variant; without it, such a
/// word is an error.
macro_rules! words {
    (
        $(#[$doc:meta])*
        $name:ident { $($(#[$word_doc:meta])* $variant:ident = $word:literal,)+ } $(else $other:ident)?
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum $name {
            $($(#[$word_doc])* $variant,)+
        }

        impl $name {
            /// Every variant, in the order of the declaration.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word on the wire.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// The variant that a word names; `None` for a word that the set does not have and cannot take as another.
            pub fn named(word: &str) -> Option<Self> {
                let known = Self::ALL.iter().copied().find(|known| known.name() == word);
                $(let known = known.or(Some(Self::$other));)?
                known
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = alloc::string::String::deserialize(deserializer)?;
                Self::named(&word).ok_or_else(|| serde::de::Error::custom(concat!("expected one of" $(, " ", $word)+)))
            }
        }
    };
}

pub(crate) use words;
