guanhu_domain::texts! {
    title: "使用手册" | "Handbook";
    note: "每个表单旁的问号会打开相应的章节" | "The question marks beside forms open the chapter they are about";
    search: "在手册中查找" | "Search the handbook";
    placeholder: "例如：宽限期、移交、打印" | "For example: grace, transfer, print";
    find: "查找" | "Search";
    topics: "章节" | "Chapters";
    found(n: usize, q: &str): "“{q}”：{n} 处" | "“{q}”: {n} places";
    no_topic: "没有这一章" | "There is no such chapter";
    no_topic_hint: "请从左侧选择，或换个词查找。" | "Choose one beside this, or search for another word.";
}
