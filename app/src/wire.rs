//! What travels between a page and its server: JSON.

use std::{marker::PhantomData, sync::Arc};

use guanhu_domain::Code;
use leptos::{
    prelude::Resource,
    server_fn::{ContentType, Decodes, Encodes, Format, FormatType, codec::Post},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use serde_json::value::RawValue;

use crate::Fail;

/// JSON in the body of a POST and of its answer.
pub type Json = Post<JsonText>;

/// JSON that is read as text, as resources in a document are: with a second way of reading, the
/// browser would load the code of every type twice.
pub struct JsonText;

impl ContentType for JsonText {
    const CONTENT_TYPE: &'static str = "application/json";
}

impl FormatType for JsonText {
    const FORMAT_TYPE: Format = Format::Text;
}

impl<T: Serialize> Encodes<T> for JsonText {
    type Error = serde_json::Error;

    fn encode(output: &T) -> Result<bytes::Bytes, Self::Error> {
        serde_json::to_vec(output).map(bytes::Bytes::from)
    }
}

impl<T: DeserializeOwned> Decodes<T> for JsonText {
    type Error = serde_json::Error;

    fn decode(bytes: bytes::Bytes) -> Result<T, Self::Error> {
        serde_json::from_str(text(&bytes)?)
    }
}

fn text(bytes: &[u8]) -> Result<&str, serde_json::Error> {
    std::str::from_utf8(bytes).map_err(serde::de::Error::custom)
}

/// What a lazy route asks for before its own script has come.
pub type Asked<T> = Resource<Result<Answer<T>, Fail>>;

/// What a page is made of, kept as text until the page reads it. The first script that a browser
/// loads asks for every page, and need not know what each is made of.
pub struct Answer<T>(Form<T>);

enum Form<T> {
    /// What the server has just found.
    #[cfg(feature = "ssr")]
    Value(Arc<T>),
    Text(Arc<RawValue>, PhantomData<fn() -> T>),
}

impl<T> Answer<T> {
    #[cfg(feature = "ssr")]
    pub fn new(value: T) -> Answer<T> {
        Answer(Form::Value(Arc::new(value)))
    }
}

impl<T: Clone + DeserializeOwned> Answer<T> {
    /// # Errors
    /// [`Code::Busy`] when it was not ours: a server of another version.
    pub fn read(self) -> Result<T, Fail> {
        match self.0 {
            #[cfg(feature = "ssr")]
            Form::Value(value) => Ok(Arc::unwrap_or_clone(value)),
            Form::Text(text, _) => serde_json::from_str(text.get()).map_err(|_| Fail::new(Code::Busy)),
        }
    }
}

impl<T> Clone for Answer<T> {
    fn clone(&self) -> Answer<T> {
        Answer(match &self.0 {
            #[cfg(feature = "ssr")]
            Form::Value(value) => Form::Value(value.clone()),
            Form::Text(text, of) => Form::Text(text.clone(), *of),
        })
    }
}

impl<T: Serialize> Serialize for Answer<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            #[cfg(feature = "ssr")]
            Form::Value(value) => value.serialize(serializer),
            Form::Text(text, _) => text.serialize(serializer),
        }
    }
}

impl<'de, T> Deserialize<'de> for Answer<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Answer<T>, D::Error> {
        let text = Box::<RawValue>::deserialize(deserializer)?;
        Ok(Answer(Form::Text(Arc::from(text), PhantomData)))
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn an_answer_reads_the_same_before_and_after_its_way() {
        let sent = Answer::new(vec![("李", 3)]);
        let text = serde_json::to_string(&Ok::<_, Fail>(sent)).unwrap();
        let came: Result<Answer<Vec<(String, i32)>>, Fail> = serde_json::from_str(&text).unwrap();
        assert_eq!(came.unwrap().clone().read().unwrap(), vec![("李".to_owned(), 3)]);
        let other: Answer<i32> = JsonText::decode(bytes::Bytes::from_static(b"\"x\"")).unwrap();
        assert_eq!(other.read(), Err(Fail::new(Code::Busy)));
    }
}
