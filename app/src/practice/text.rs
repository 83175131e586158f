//! Texts of practice.

guanhu_domain::texts! {
    practice: "练习" | "Practice";
    title: "练习 · 管户" | "Practice · Guanhu";
    band: "练习银行" | "Practice bank";
    made_up: "客户均为虚构，可以随意尝试，不影响正式数据。" | "Every customer is made up. Try anything: the bank’s data is not touched.";
    reset_place: "重置…" | "Reset…";
    leave: "离开练习" | "Leave practice";
    note: "在一家虚构的银行里，以与您相同的角色试用全部功能。" | "A made-up bank in which somebody of your role may try everything.";
    apart: "练习银行是单独的数据库：在其中所做的一切不会改动本行数据，不会发出，也不进入报表。" | "The practice bank is a database of its own: nothing done in it changes the bank’s data, is sent anywhere or counts in a report.";
    shared: "它由全行共用：别人可能正在同一批虚构客户上练习，也可能把它重置。请勿录入真实客户的信息。" | "Everybody shares it: others may be practising on the same made-up customers, and may reset it. Do not type anything about real customers.";
    session: "您的正式登录不受影响；离开练习后回到本行，闲置超过三十分钟的须重新登录。" | "You stay logged in to the bank. Leaving brings you back there; after thirty minutes without use of the bank you log in again.";
    enter: "进入练习" | "Practise";
    first: "还没有练习银行。进入时将建立一家，约需一分钟。" | "There is no practice bank yet. Entering makes one, which takes about a minute.";
    making: "正在建立练习银行，完成后自动进入。" | "The practice bank is being made. You enter it when it is ready.";
    making_other: "正在建立练习银行，完成后即可进入。" | "The practice bank is being made. You can enter it when it is ready.";
    waiting: "等待另一台服务器" | "Waiting for another server";
    schema: "建立数据库" | "Making the database";
    customers: "生成虚构客户" | "Making up customers";
    indexes: "建立索引" | "Building indexes";
    months: "核算各月贡献度" | "Closing the books of its months";
    copy: "复制供练习" | "Making the copy to practise in";
    ready: "练习银行已就绪。" | "The practice bank is ready.";
    not_made: "练习银行没有建成，可以重试；仍不成功请联系管理员。" | "The practice bank could not be made. Try again; if it fails again, tell an administrator.";
    over: "练习已结束：练习银行已被重置，或闲置超过三十分钟。" | "Practice is over: the practice bank was reset, or you did not use it for thirty minutes.";
    failed: "没有成功，请稍后重试；仍不成功请联系管理员。" | "That did not work. Try again in a moment; if it fails again, tell an administrator.";
    not_offered: "本行未提供练习" | "Practice is not offered here";
    not_offered_hint: "由运维人员在服务器上开启，见运维手册“练习银行”。" | "Whoever runs the server switches it on: see “The practice bank” in the operations manual.";
    within: "您正在练习银行中" | "You are in the practice bank";
    practising(n: i64): "目前有 {n} 个会话在练习，包括您的。" | "Sessions in use now, yours among them: {n}.";
    reset_title: "重置" | "Reset";
    reset_all: "重置会使练习银行恢复到刚建立时的样子。所有正在练习的人都会回到起点，各自重新进入；您会立即重新进入。需要几秒钟，不能撤销。" | "Resetting brings the practice bank back to how it was made. Everybody who practises begins anew and has to enter again; you enter again at once. It takes some seconds and cannot be taken back.";
    reset: "重置练习银行" | "Reset the practice bank";
}
