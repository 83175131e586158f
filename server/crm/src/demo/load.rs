//! Getting millions of rows into the database: indexes aside, rows by COPY, indexes again.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use sqlx::{AssertSqlSafe, PgConnection, PgPool};
use tokio::sync::{Mutex, Notify, mpsc};

use super::{
    block,
    rows::{Batch, Table},
    world::{BLOCK, World},
};
use crate::{Error, Result};

/// Where the statements that bring indexes and constraints back are kept until they have: a load that
/// was killed leaves them here for the next one.
const UNFINISHED: &str = "demo.unfinished";

/// Blocks made between two rounds of COPY.
const BLOCKS_AT_ONCE: u64 = 4;
/// Makers and writers share the cores; one writer more keeps the database busy while another waits.
const WRITERS: usize = 3;
/// Pieces of one message of COPY.
const PIECE: usize = 256 * 1024;

/// Takes away what would be checked row by row, leaving a note of it. Returns the statements that
/// bring it back.
pub async fn strip(conn: &mut PgConnection) -> Result<Vec<String>> {
    let tables: Vec<&str> = Table::ALL.iter().map(|table| table.name()).collect();
    let constraints: Vec<(String, String, String)> = sqlx::query_as(
        "select c.conrelid::regclass::text, quote_ident(c.conname), pg_get_constraintdef(c.oid)
         from pg_constraint c
         where c.conrelid = any(select to_regclass(t) from unnest($1::text[]) t) and c.contype in ('p', 'u', 'x', 'f') and c.conparentid = 0
           and not exists (select from pg_constraint f where f.contype = 'f' and f.confrelid = c.conrelid and f.conindid = c.conindid)
         order by array_position(array['p', 'u', 'x', 'f'], c.contype::text), 1, 2",
    )
    .bind(&tables)
    .fetch_all(&mut *conn)
    .await?;
    let indexes: Vec<(String, String)> = sqlx::query_as(
        "select i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
         from pg_index i
         where i.indrelid = any(select to_regclass(t) from unnest($1::text[]) t) and not i.indisprimary
           and not exists (select from pg_constraint c where c.conindid = i.indexrelid)
         order by 1",
    )
    .bind(&tables)
    .fetch_all(&mut *conn)
    .await?;
    let (mut away, mut back) = (Vec::new(), Vec::new());
    for (index, definition) in indexes {
        away.push(format!("drop index {index}"));
        // An index of a partitioned table says ONLY, which would leave the partitions without.
        back.push(definition.replacen(" ON ONLY ", " ON ", 1));
    }
    // Foreign keys go first and come last.
    for (table, name, definition) in constraints.iter().rev() {
        away.push(format!("alter table {table} drop constraint {name}"));
        back.push(format!("alter table {table} add constraint {name} {definition}"));
    }
    // Cleaned up as a whole at the end; until then that only takes the cores away from the load.
    let leaves: Vec<String> = sqlx::query_scalar(
        "select to_regclass(t)::text from unnest($1::text[]) t join pg_class c on c.oid = to_regclass(t) where c.relkind = 'r'
         union
         select p.relid::regclass::text from unnest($1::text[]) t cross join lateral pg_partition_tree(to_regclass(t)) p where p.isleaf order by 1",
    )
    .bind(&tables)
    .fetch_all(&mut *conn)
    .await?;
    for table in leaves {
        away.push(format!("alter table {table} set (autovacuum_enabled = false)"));
        back.push(format!("alter table {table} reset (autovacuum_enabled)"));
    }
    back.sort_by_key(|statement| weight(statement));
    sqlx::query("insert into parameter (key, value) values ($1, $2)")
        .bind(UNFINISHED)
        .bind(serde_json::json!(back))
        .execute(&mut *conn)
        .await?;
    sqlx::query("set local lock_timeout = '10s'").execute(&mut *conn).await?;
    for statement in away {
        sqlx::query(AssertSqlSafe(statement)).execute(&mut *conn).await?;
    }
    Ok(back)
}

/// The slowest first, so that two connections finish together: exclusion constraints, then large tables.
fn weight(statement: &str) -> usize {
    if statement.contains("EXCLUDE") {
        return 0;
    }
    const HEAVY: [&str; 6] = ["txn", "account_year", "customer_token", "account", "customer_contact", "customer_identity"];
    let table = tables(statement).next().unwrap_or_default();
    1 + HEAVY.iter().position(|heavy| *heavy == table).unwrap_or(HEAVY.len())
}

/// What an earlier load that did not finish left to be done.
pub async fn unfinished(conn: &mut PgConnection) -> Result<Option<Vec<String>>> {
    let value: Option<serde_json::Value> =
        sqlx::query_scalar("select value from parameter where key = $1").bind(UNFINISHED).fetch_optional(conn).await?;
    Ok(value.map(|value| serde_json::from_value(value).unwrap_or_default()))
}

/// Empties what an unfinished load wrote, customers and bank, and makes the schema whole.
pub async fn clear(owner: &PgPool, back: Vec<String>) -> Result<()> {
    let tables = Table::ALL.iter().map(|table| table.name()).collect::<Vec<_>>().join(", ");
    let mut tx = owner.begin().await?;
    let books = super::books::TABLES.join(", ");
    sqlx::query(AssertSqlSafe(format!("truncate {tables}, {books}, opportunity, opportunity_move"))).execute(&mut *tx).await?;
    sqlx::raw_sql(
        "delete from segment_count; delete from session; delete from password_history; delete from product_text; delete from app_user; delete from staff; delete from tier_publication;
         delete from tier_version; delete from tier; delete from tier_scheme;
         delete from product; delete from org_unit; delete from bank;
         alter sequence customer_id_seq restart; alter sequence account_id_seq restart; alter sequence item_id_seq restart;
         alter table org_unit alter column org_id restart; alter table staff alter column staff_id restart;
         alter table app_user alter column user_id restart; alter table product alter column product_id restart;
         alter table tier alter column tier_id restart; alter table tier_scheme alter column scheme_id restart;
         alter table tier_publication alter column publication_id restart",
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    restore(owner, back, &|_, _| {}).await
}

/// Statements for several connections, no two of which want the same table at once: building an index of a large
/// one takes minutes, and whoever waited for its lock would do nothing meanwhile, or give up.
struct Queue {
    waiting: Mutex<(Vec<String>, Vec<String>)>,
    freed: Notify,
}

impl Queue {
    fn new(statements: Vec<String>) -> Queue {
        Queue { waiting: Mutex::new((statements, Vec::new())), freed: Notify::new() }
    }

    /// The first whose tables nobody works on; `None` when none is left.
    async fn take(&self) -> Option<String> {
        loop {
            let freed = self.freed.notified();
            {
                let (waiting, busy) = &mut *self.waiting.lock().await;
                if waiting.is_empty() {
                    return None;
                }
                if let Some(at) = waiting.iter().position(|statement| tables(statement).all(|table| !busy.iter().any(|one| one == table))) {
                    let statement = waiting.remove(at);
                    busy.extend(tables(&statement).map(str::to_owned));
                    return Some(statement);
                }
            }
            freed.await;
        }
    }

    async fn done(&self, statement: &str) {
        let (_, busy) = &mut *self.waiting.lock().await;
        for table in tables(statement) {
            if let Some(at) = busy.iter().position(|one| one == table) {
                busy.swap_remove(at);
            }
        }
        self.freed.notify_waiters();
    }
}

/// The table of a statement of [`strip`] or of a vacuum, and the one that a foreign key refers to.
fn tables(statement: &str) -> impl Iterator<Item = &str> {
    let words = || statement.split([' ', '(']).filter(|word| !word.is_empty());
    let after = move |marks: &'static [&str]| words().skip_while(|word| !marks.contains(word)).nth(1);
    let own = after(&["table", "ON", "analyze)"]);
    own.into_iter().chain(after(&["REFERENCES"])).map(|table| table.trim_start_matches("public."))
}

/// Brings indexes and constraints back, those that are there already excepted, gives the planner its
/// figures, and takes the note away.
pub async fn restore(owner: &PgPool, back: Vec<String>, progress: &(dyn Fn(u64, u64) + Send + Sync)) -> Result<()> {
    // Visibility maps too: else the first lists read every row they count.
    let mut upkeep: Vec<String> = Table::ALL.iter().map(|table| format!("vacuum (analyze) {}", table.name())).collect();
    upkeep.sort_by_key(|statement| weight(statement));
    let total = (back.len() + upkeep.len()) as u64;
    let (again, back): (Vec<String>, Vec<String>) = back.into_iter().partition(|statement| statement.contains("autovacuum_enabled"));
    let (keys, foreign): (Vec<String>, Vec<String>) = back.into_iter().partition(|statement| !statement.contains("FOREIGN KEY"));
    let done = AtomicU64::new(0);
    for round in [keys, foreign, upkeep, again] {
        let queue = Queue::new(round);
        let worker = || async {
            let mut conn = owner.acquire().await?;
            sqlx::raw_sql("set maintenance_work_mem = '256MB'; set max_parallel_maintenance_workers = 0; set lock_timeout = '60s'")
                .execute(&mut *conn)
                .await?;
            while let Some(statement) = queue.take().await {
                match sqlx::query(AssertSqlSafe(statement.clone())).execute(&mut *conn).await {
                    Err(sqlx::Error::Database(error)) if matches!(error.code().as_deref(), Some("42P07" | "42710" | "42P16")) => {}
                    result => {
                        result?;
                    }
                }
                queue.done(&statement).await;
                progress(done.fetch_add(1, Ordering::Relaxed) + 1, total);
            }
            sqlx::raw_sql("reset maintenance_work_mem; reset max_parallel_maintenance_workers; reset lock_timeout")
                .execute(&mut *conn)
                .await?;
            Ok::<(), Error>(())
        };
        futures::try_join!(worker(), worker())?;
    }
    sqlx::query("delete from parameter where key = $1").bind(UNFINISHED).execute(owner).await?;
    Ok(())
}

/// Makes and writes every customer. Returns rows per table.
pub async fn fill(owner: &PgPool, world: Arc<World>, progress: &(dyn Fn(u64, u64) + Send + Sync)) -> Result<Vec<(Table, u64)>> {
    let makers = std::thread::available_parallelism().map_or(2, usize::from).clamp(1, 8);
    // About one round of tables waits here; with what is being made and written that bounds memory.
    let (sender, receiver) = mpsc::channel::<(Table, u64, Vec<u8>)>(Table::ALL.len());
    let receiver = Arc::new(Mutex::new(receiver));
    let next = Arc::new(AtomicU64::new(0));
    let mut making = tokio::task::JoinSet::new();
    for _ in 0..makers {
        let (world, sender, next) = (world.clone(), sender.clone(), next.clone());
        making.spawn_blocking(move || make(&world, &sender, &next));
    }
    drop(sender);
    let counts = Mutex::new(vec![0u64; Table::ALL.len()]);
    let writer = || async {
        let mut conn = owner.acquire().await?;
        sqlx::query("set synchronous_commit = off").execute(&mut *conn).await?;
        loop {
            let piece = receiver.lock().await.recv().await;
            let Some((table, rows, bytes)) = piece else { break };
            write(&mut conn, table, &bytes).await?;
            let mut counts = counts.lock().await;
            counts[table as usize] += rows;
            if table == Table::Summary {
                progress(counts[table as usize], world.customers);
            }
        }
        sqlx::query("reset synchronous_commit").execute(&mut *conn).await?;
        Ok::<(), Error>(())
    };
    let mut writing: futures::stream::FuturesUnordered<_> = (0..WRITERS).map(|_| writer()).collect();
    let mut outcome = Ok(());
    while let Some(result) = futures::StreamExt::next(&mut writing).await {
        if result.is_err() && outcome.is_ok() {
            outcome = result;
            // Nobody takes further pieces: makers stop, and the other writers find the channel empty.
            receiver.lock().await.close();
        }
    }
    drop(writing);
    outcome?;
    while let Some(made) = making.join_next().await {
        made.map_err(Error::internal)?;
    }
    let counts = counts.into_inner();
    Ok(Table::ALL.iter().copied().zip(counts).collect())
}

fn make(world: &World, sender: &mpsc::Sender<(Table, u64, Vec<u8>)>, next: &AtomicU64) {
    let blocks = world.customers.div_ceil(BLOCK);
    loop {
        let first = next.fetch_add(1, Ordering::Relaxed) * BLOCKS_AT_ONCE;
        if first >= blocks {
            return;
        }
        let mut batch = Batch::default();
        for number in first..(first + BLOCKS_AT_ONCE).min(blocks) {
            block::make(world, number, &mut batch);
        }
        for piece in batch.finish() {
            // Closed only after a writer failed, which is reported there.
            if sender.blocking_send(piece).is_err() {
                return;
            }
        }
    }
}

async fn write(conn: &mut PgConnection, table: Table, bytes: &[u8]) -> Result<()> {
    let mut copy = conn.copy_in_raw(table.copy()).await?;
    for piece in bytes.chunks(PIECE) {
        copy.send(piece).await?;
    }
    copy.finish().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_names_the_tables_that_it_locks() {
        for (statement, expected) in [
            ("alter table account_year add constraint account_year_pkey PRIMARY KEY (customer_id, account_id, year)", vec!["account_year"]),
            ("CREATE INDEX txn_day ON public.txn USING btree (customer_id, booked_on)", vec!["txn"]),
            (
                "alter table card add constraint card_customer FOREIGN KEY (customer_id) REFERENCES customer(customer_id)",
                vec!["card", "customer"],
            ),
            ("vacuum (analyze) txn", vec!["txn"]),
        ] {
            assert_eq!(tables(statement).collect::<Vec<_>>(), expected, "{statement}");
        }
    }

    #[tokio::test]
    async fn no_two_connections_want_the_same_table() {
        let statements = ["vacuum (analyze) txn", "CREATE INDEX a ON txn USING btree (day)", "vacuum (analyze) card"];
        let queue = Queue::new(statements.map(str::to_owned).to_vec());
        let first = queue.take().await.unwrap();
        assert_eq!((first.as_str(), queue.take().await.as_deref()), (statements[0], Some(statements[2])));
        queue.done(&first).await;
        assert_eq!(queue.take().await.as_deref(), Some(statements[1]));
        assert_eq!(queue.take().await, None);
    }
}
