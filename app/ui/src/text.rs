//! What the components themselves say.

guanhu_domain::texts! {
    close: "关闭" | "Close";
    cancel: "取消" | "Cancel";
    undo: "撤销" | "Undo";
    retry: "重试" | "Try again";
    remove: "移除" | "Remove";
    remove_named(what: &str): "移除 {what}" | "Remove {what}";
    required: "必填" | "required";
    choose: "请选择" | "Choose";
    no_match: "没有匹配的选项" | "Nothing matches";
    reference(code: &str): "参考号 {code}" | "Reference {code}";
    notices: "通知" | "Notices";
    loading: "载入中…" | "Loading…";
    skip: "跳到正文" | "Skip to content";
    main_navigation: "主导航" | "Main navigation";
    more: "更多" | "More";
    breadcrumb: "所在位置" | "Where you are";
    order: "排序" | "Order";
    columns: "列" | "Columns";
    column_left: "左移" | "Move left";
    column_right: "右移" | "Move right";
    column_reset: "恢复默认列" | "Default columns";
    column_width(name: &str): "调整“{name}”的宽度" | "Width of {name}";
    select_row: "选择此行" | "Select this row";
    select_all: "选择全部已载入行" | "Select all loaded rows";
    selected(n: usize): "已选 {n} 行" | "{n} selected";
    clear_selection: "取消选择" | "Clear";
    rows_loaded(n: usize): "已载入 {n} 行" | "{n} rows loaded";
    rows_all(n: usize): "共 {n} 行" | "{n} rows";
    loading_more: "正在载入更多…" | "Loading more…";
    load_more: "载入更多" | "Load more";
    nothing_here: "没有记录" | "Nothing here";
    nothing_here_text: "换个条件试试，或清除筛选。" | "Try other conditions, or clear the filters.";
    failed: "没有取到数据" | "The data could not be fetched";
    wan: "万" | "×10k";
    yi: "亿" | "×100m";
    amount_bad: "请输入金额，例如 12.5万" | "Enter an amount, for example 125k";
    number_bad: "请输入数字" | "Enter a number";
    chart_data: "查看数据" | "Show the data";
    chart_help: "左右方向键逐点读数" | "Left and right arrow keys read the values";
    period: "日期" | "Date";
    item: "项目" | "Item";
    drop_here: "把文件拖到这里，或点击选择" | "Drop a file here, or click to choose";
    up_from_before: "较前期上升" | "up";
    open_menu: "打开菜单" | "Open menu";
    gallery: "组件一览" | "Gallery";
}
