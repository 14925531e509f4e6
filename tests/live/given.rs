//! The experiment on two databases that are written down, for what chance would rarely make.

use crate::support::experiment::{Counterexample, Running, Verdict};
use crate::support::lab::Lab;
use crate::support::outcome::{State, judge};
use crate::support::postgres::SqlError;
use crate::support::roles::{Actor, Case};

impl Lab {
    /// Runs a statement on two databases that are given as scripts, for the tenant that the actor names.
    pub(crate) fn judge_given(
        &mut self,
        case: &Case,
        worlds: [&str; 2],
        actor: &Actor,
        arguments: &[Option<String>],
    ) -> Verdict {
        let mut running = self.prepare(case);
        if running.verdict.is_some() {
            return running.finish();
        }
        match self.given(&running, worlds, actor, arguments) {
            Ok(verdict) => running.verdict = Some(verdict),
            Err(error) => running.error = Some(error.to_string()),
        }
        drop(self.desks[0].batch("ROLLBACK"));
        running.finish()
    }

    fn given(
        &mut self,
        running: &Running<'_>,
        worlds: [&str; 2],
        actor: &Actor,
        arguments: &[Option<String>],
    ) -> Result<Verdict, SqlError> {
        self.desks[0].batch("BEGIN; SAVEPOINT z")?;
        let mut states = Vec::new();
        let mut runs = Vec::new();
        for world in worlds {
            let staged = format!(
                "ROLLBACK TO SAVEPOINT z; SET LOCAL session_replication_role = replica; {world}; \
                 SET LOCAL session_replication_role = origin; {} SAVEPOINT s; EXECUTE dump",
                self.session_sql(actor, 0)
            );
            states.push(State::read(&self.desks[0].ask(&staged)?.pop().unwrap_or_default()));
            runs.push(self.run(0, &[running.called(arguments)], running.writes, false)?.remove(0)?);
        }
        let [a, b] = &states[..] else { return Ok(Verdict::Isolated { trials: 0, telling: 0 }) };
        if !a.agrees(b, &actor.scope) {
            return Ok(Verdict::Invalid("the two databases do not agree on what the tenant owns".to_owned()));
        }
        Ok(match judge(&self.schema, &actor.scope, [a, b], [&runs[0], &runs[1]]) {
            Some(breach) => Verdict::Leaks(Box::new(Counterexample { rule: breach.rule, text: breach.text })),
            None => Verdict::Isolated { trials: 1, telling: runs.iter().filter(|r| r.tells()).count() },
        })
    }
}
