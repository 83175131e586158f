//! What travels between a page and its server: JSON.

use std::{
    marker::PhantomData,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use guanhu_domain::Code;
use http::Method;
use leptos::{
    prelude::*,
    server_fn::{
        self, ContentType, Decodes, Encodes, Format, FormatType, Http, Protocol,
        codec::Post,
        error::{FromServerFnError, ServerFnErrorErr},
        redirect::call_redirect_hook,
        request::ClientReq,
        response::ClientRes,
    },
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use serde_json::{Value, value::RawValue};

use crate::Fail;

/// JSON in the body of a POST and of its answer.
pub type Json = Post<JsonText>;

/// How functions of the server are called: as [`Json`] over HTTP. But for the writing of its arguments and the reading of
/// its answer, a call runs the same code in the browser as every other.
pub struct Call;

impl<Input, Output, Client, Server> Protocol<Input, Output, Client, Server, Fail> for Call
where
    Http<Json, Json>: Protocol<Input, Output, Client, Server, Fail>,
    Input: Serialize + Send,
    Output: DeserializeOwned + Send,
    Client: server_fn::client::Client<Fail> + 'static,
    Server: server_fn::server::Server<Fail>,
{
    const METHOD: Method = Method::POST;

    fn run_server<F, Fut>(request: Server::Request, function: F) -> impl Future<Output = Result<Server::Response, Fail>> + Send
    where
        F: Fn(Input) -> Fut + Send,
        Fut: Future<Output = Result<Output, Fail>> + Send,
    {
        <Http<Json, Json> as Protocol<Input, Output, Client, Server, Fail>>::run_server(request, function)
    }

    async fn run_client(path: &str, input: Input) -> Result<Output, Fail> {
        let body = JsonText::encode(&input).map_err(|error| unsound(ServerFnErrorErr::Serialization, error))?;
        drop(input);
        let came = sent::<Client>(path.to_owned(), body).await?;
        <JsonText as Decodes<Output>>::decode(came).map_err(|error| unsound(ServerFnErrorErr::Deserialization, error))
    }
}

fn unsound(kind: fn(String) -> ServerFnErrorErr, error: impl std::fmt::Display) -> Fail {
    Fail::from_server_fn_error(kind(error.to_string()))
}

/// Posts a body and brings the answer's: what a call does whatever it is about.
fn sent<C: server_fn::client::Client<Fail> + 'static>(
    path: String,
    body: Bytes,
) -> Pin<Box<dyn Future<Output = Result<Bytes, Fail>> + Send>> {
    Box::pin(async move {
        let request = C::Request::try_new_post_bytes(&path, JsonText::CONTENT_TYPE, JsonText::CONTENT_TYPE, body)?;
        let answer = C::send(request).await?;
        let (status, location, leads_away) = (answer.status(), answer.location(), answer.has_redirect());
        let came = answer.try_into_bytes().await?;
        match status {
            400..=599 => return Err(Fail::de(came)),
            300..=399 => call_redirect_hook(&location),
            _ if leads_away => call_redirect_hook(&location),
            _ => {}
        }
        Ok(came)
    })
}

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
    #[cfg(not(feature = "ssr"))]
    type Error = serde_json::Error;
    #[cfg(feature = "ssr")]
    type Error = NotThat;

    #[cfg(not(feature = "ssr"))]
    fn decode(bytes: bytes::Bytes) -> Result<T, Self::Error> {
        serde_json::from_str(text(&bytes)?)
    }

    #[cfg(feature = "ssr")]
    fn decode(bytes: bytes::Bytes) -> Result<T, Self::Error> {
        guanhu_domain::json::read(&bytes).map_err(NotThat)
    }
}

/// Why the arguments of a function are none, on its way through an error that carries words alone.
#[cfg(feature = "ssr")]
#[derive(Debug)]
pub struct NotThat(guanhu_domain::Problem);

#[cfg(feature = "ssr")]
impl std::fmt::Display for NotThat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&serde_json::to_string(&self.0).unwrap_or_default())
    }
}

#[cfg(feature = "ssr")]
impl std::error::Error for NotThat {}

/// What a value holds, read as text like everything else.
pub fn of_value<T: DeserializeOwned>(value: &Value) -> Option<T> {
    serde_json::from_str(&value.to_string()).ok()
}

#[cfg(not(feature = "ssr"))]
fn text(bytes: &[u8]) -> Result<&str, serde_json::Error> {
    std::str::from_utf8(bytes).map_err(serde::de::Error::custom)
}

/// What a page is made of, kept as text until the page reads it. The first script that a browser
/// loads asks for every page, and need not know what each is made of.
pub struct Answer<T>(Text, PhantomData<fn() -> T>);

/// JSON; cheap to clone.
#[derive(Clone)]
struct Text(Arc<RawValue>);

impl<T: Serialize> Answer<T> {
    /// # Errors
    /// [`Code::Internal`] for what JSON cannot hold, such as a map whose keys are no strings.
    pub fn new(value: T) -> Result<Answer<T>, Fail> {
        let text = serde_json::value::to_raw_value(&value).map_err(|_| Fail::new(Code::Internal))?;
        Ok(Answer(Text(Arc::from(text)), PhantomData))
    }
}

impl<T: DeserializeOwned> Answer<T> {
    /// # Errors
    /// [`Code::Busy`] when it was not ours: a server of another version.
    pub fn read(self) -> Result<T, Fail> {
        serde_json::from_str(self.0.0.get()).map_err(|_| Fail::new(Code::Busy))
    }
}

impl<T> Serialize for Answer<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for Answer<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Answer<T>, D::Error> {
        Text::deserialize(deserializer).map(|text| Answer(text, PhantomData))
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text, D::Error> {
        Box::<RawValue>::deserialize(deserializer).map(|text| Text(Arc::from(text)))
    }
}

/// What a lazy route asks for before its own script has come: a resource that every page shares
/// the code of.
pub struct Asked<T>(Resource<Result<Text, Fail>>, PhantomData<fn() -> T>);

impl<T> Clone for Asked<T> {
    fn clone(&self) -> Asked<T> {
        *self
    }
}

impl<T> Copy for Asked<T> {}

impl<T: DeserializeOwned + 'static> Asked<T> {
    /// `Asked::once(api::read_overview)`
    pub fn once<Fut>(fetch: impl Fn() -> Fut + Send + Sync + 'static) -> Asked<T>
    where
        Fut: Future<Output = Result<Answer<T>, Fail>> + Send + 'static,
    {
        Asked(begin(Box::new(|| 0), Box::new(move || waiting(fetch()))), PhantomData)
    }

    /// Asks with what is in `question`, and again whenever that changes.
    ///
    /// `Asked::of(filter, api::list_users)`
    pub fn of<S, Fut>(question: Memo<S>, fetch: impl Fn(S) -> Fut + Send + Sync + 'static) -> Asked<T>
    where
        S: Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<Answer<T>, Fail>> + Send + 'static,
    {
        let count = AtomicU64::new(0);
        let changed = move || {
            // Read, not only tracked: a memo's first reading would count as a change.
            question.with(|_| ());
            count.fetch_add(1, Ordering::Relaxed)
        };
        Asked(begin(Box::new(changed), Box::new(move || waiting(fetch(question.get_untracked())))), PhantomData)
    }

    /// What has come; asks the page's frame to wait while there is nothing.
    pub fn get(self) -> Option<Result<T, Fail>> {
        self.0.get().map(read)
    }

    pub async fn answer(self) -> Result<T, Fail> {
        read(self.0.await)
    }

    pub fn refetch(self) {
        self.0.refetch();
    }
}

fn read<T: DeserializeOwned>(came: Result<Text, Fail>) -> Result<T, Fail> {
    came.and_then(|text| Answer(text, PhantomData).read())
}

type Waiting = Pin<Box<dyn Future<Output = Result<Text, Fail>> + Send>>;

fn waiting<T: 'static>(answer: impl Future<Output = Result<Answer<T>, Fail>> + Send + 'static) -> Waiting {
    Box::pin(async move { answer.await.map(|answer| answer.0) })
}

fn begin(changed: Box<dyn Fn() -> u64 + Send + Sync>, fetch: Box<dyn Fn() -> Waiting + Send + Sync>) -> Resource<Result<Text, Fail>> {
    Resource::new_blocking(changed, move |_| fetch())
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn an_answer_reads_the_same_before_and_after_its_way() {
        let sent = Answer::new(vec![("李", 3)]).unwrap();
        let text = serde_json::to_string(&Ok::<_, Fail>(sent)).unwrap();
        let came: Result<Answer<Vec<(String, i32)>>, Fail> = serde_json::from_str(&text).unwrap();
        assert_eq!(came.unwrap().read().unwrap(), vec![("李".to_owned(), 3)]);
        let other: Answer<i32> = JsonText::decode(bytes::Bytes::from_static(b"\"x\"")).unwrap();
        assert_eq!(other.read(), Err(Fail::new(Code::Busy)));
    }
}
