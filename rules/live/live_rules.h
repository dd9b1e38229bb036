#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "rules/live/live_rule.h"
#include "rules/live/live_table.h"
#include "rules/live/watches.h"
#include "rules/promql/promql.h"
#include "rules/rule_set.h"
#include "rules/stream.h"

namespace forewarn {

// LiveRules evaluates the rules that have a plan, each in each stream of instants, over series that are kept up to
// date as samples come. What it says is what promql::EvaluateAt() would; where it says nothing, that is to be asked.
// What it has in memory follows from the source at any time, so none of it is stored. Owned by its engine; not
// thread-safe.
class LiveRules {
 public:
  struct Limits {
    // Samples in memory beside those of the source, and what else is kept, counted as samples. Rules that would need more are not kept up to date; where more
    // come than are needed no more, such as of a probe that ends no round, all are given up for an hour.
    size_t samples = 8'000'000;
  };

  // `source` is a loan that outlives it, or null: then it says nothing of any rule.
  LiveRules(const NumberedSource* source, Limits limits);

  // Takes these rules instead of those before.
  void SetRules(std::shared_ptr<const LiveTable> table);

  // What follows, until End(), belongs to one entry, of whose samples and series, a loan, the source knows already.
  void Begin(const Applied* applied);
  void End();

  // `stream` is a loan until Forget() or SetRules(). The rule's results at `at` less its group's offset; nothing when the general evaluator is to be asked.
  std::optional<promql::Vector> Evaluate(const PreparedGroup& group, const PreparedRule& rule,
                                         const Stream& stream, Timestamp at, Duration lookback);

  // What the last Evaluate() did, even if it said nothing: in samples touched, as the general evaluator counts.
  uint64_t work() const { return work_; }

  // The stream is no more.
  void Forget(const Stream& stream);

  size_t samples() const { return watches_ ? watches_->samples() : 0; }
  // Evaluations since the beginning, by who made them.
  uint64_t live() const { return live_; }
  uint64_t general() const { return general_; }

 private:
  // A rule in a stream.
  struct Bound {
    size_t number = 0;
    std::unique_ptr<LiveRule> rule;           // null when it could not be bound
    Timestamp not_before = Timestamp::min();  // when to try again what did not work
  };
  struct InStream {
    Scope scope;
    std::unordered_map<size_t, Watch*>
        watches;               // of the selectors that rules have needed, by their numbers
    std::vector<Bound> rules;  // those that were evaluated, by their numbers
    size_t next = 0;           // the place in `rules` that is likely to be wanted
  };

  InStream& Find(const Stream& stream);
  static Bound& BoundOf(InStream& in, size_t rule);
  // Null when it cannot be bound.
  std::unique_ptr<LiveRule> Bind(const PreparedGroup& group, const PreparedRule& rule, InStream& in,
                                 Timestamp at);
  // Watches a selector's series in a stream, and so far back. False when that cannot be.
  bool Want(InStream& in, size_t selector, Duration keep, Timestamp at);
  std::optional<promql::Vector> TryEvaluate(const PreparedGroup& group, const PreparedRule& rule,
                                            const Stream& stream, Timestamp at, Duration lookback);

  std::optional<Watches> watches_;
  std::shared_ptr<const LiveTable> table_ = std::make_shared<LiveTable>();
  std::unordered_map<const Stream*, InStream> streams_;
  const Stream* found_stream_ =
      nullptr;  // the last one, since all rules of a stream follow each other
  InStream* found_ = nullptr;
  LiveValues values_;
  uint64_t work_ = 0;
  Timestamp newest_ = Timestamp::min();      // of all instants
  Timestamp not_before_ = Timestamp::min();  // when rules may be bound again
  uint64_t live_ = 0;
  uint64_t general_ = 0;
};

}  // namespace forewarn
