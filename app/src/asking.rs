//! What a page's requests have in common, before any other script arrives: each has a name, which the server's log knows
//! and which is quoted where no answer comes back; and a long wait is said.

/// In the head. Wraps what server functions are called by. No answer, and one that is not the server's own, is answered
/// in its place with a problem that names the request; a request that was cancelled stays cancelled. After
/// four seconds the strip below the bar says that the page waits, for an answer or for its own scripts, unless something else
/// tells how far it is.
pub const SCRIPT: &str = "(function(w,d){var f=w.fetch,waits=0;\
function name(){return Array.prototype.map.call(w.crypto.getRandomValues(new Uint8Array(16)),function(b,i){\
if(i===6)b=b&15|64;if(i===8)b=b&63|128;return(b+256).toString(16).slice(1)}).join('').replace(/^(.{8})(.{4})(.{4})(.{4})/,'$1-$2-$3-$4-')}\
function say(){var o=d.getElementById('offline');if(o&&o.children[1])o.children[1].hidden=!waits||!w.navigator.onLine||!!d.querySelector('main [role=progressbar]')}\
function wait(){var slow=false,late=setTimeout(function(){slow=true;waits++;say()},4000);\
return function(){clearTimeout(late);if(slow){slow=false;waits--;say()}}}\
var alive=wait();d.addEventListener('guanhu:frame',alive);d.addEventListener('guanhu:dead',alive);\
w.fetch=function(r,o){if(!(r instanceof Request)||r.method!=='POST'||new URL(r.url).pathname.indexOf('/api/'))return f.call(w,r,o);\
var id=name(),over=wait();r.headers.set('x-request-id',id);\
function problem(code,status){return new Response(JSON.stringify({code:code,reference:id}),{status:status,headers:{'content-type':'application/json'}})}\
return f.call(w,r,o).then(function(x){over();return x.ok||/json/.test(x.headers.get('content-type'))?x:problem(x.status===500?'internal':'busy',x.status)},\
function(e){over();if(e&&e.name==='AbortError')throw e;return problem('offline',503)})}})(window,document)";

#[cfg(test)]
mod tests {
    use guanhu_domain::{Code, Problem};

    use super::SCRIPT;

    #[test]
    fn what_stands_for_an_answer_is_a_problem() {
        for code in [Code::Offline, Code::Busy, Code::Internal] {
            assert!(SCRIPT.contains(&format!("'{}'", code.code())), "{code:?}");
            let stands = format!(r#"{{"code":"{}","reference":"7"}}"#, code.code());
            let problem: Problem = serde_json::from_str(&stands).unwrap();
            assert_eq!((problem.code, problem.reference.as_deref()), (code, Some("7")));
        }
    }
}
