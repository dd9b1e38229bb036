#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/labels.h"
#include "model/numbered_source.h"
#include "rules/alert_book.h"
#include "rules/prepared_rules.h"
#include "rules/stream.h"

namespace forewarn {

// Which rules are worth evaluating in a stream: those that may have a result with the series that there are, and those
// that had one, of which something is to end. A rule that is not awake would say nothing; a mistake that only its
// evaluation finds is told when it is awake. Without numbers of series
// every rule is awake. What it has in memory follows from the source and the books at any time, so none of it is
// stored. Owned by its engine; not thread-safe.
class AwakeRules {
 public:
  // Loans that outlive it; `source` may be null.
  AwakeRules(const NumberedSource* source, const AlertBook& alerts, const StreamBook& streams)
      : source_(source), alerts_(alerts), streams_(streams) {}

  // Takes these rules instead of those before.
  void SetRules(std::shared_ptr<const PreparedRules> rules);

  // What follows, until End(), belongs to one entry, of whose series, a loan, the source knows already.
  void Begin(const Applied* applied);
  void End();

  // Of the rules that run in `stream`, which is a loan until Forget() or SetRules(), the first that is awake and whose
  // number is not below `from`. One that a result of an earlier rule has woken is found in the same pass.
  std::optional<PreparedRules::Place> Next(const Stream& stream, size_t from);

  // The rule with which the instant goes on that is under way in the stream, wherever it stands by now; nothing: none is,
  // or the rule is no more.
  std::optional<PreparedRules::Place> FindNext(const Stream& stream) const;
  // Its number, and the instant is under way no more; 0, with the first, where there is none.
  size_t TakeNext(Stream& stream) const;

  // The stream is no more.
  void Forget(const Stream& stream);

 private:
  struct InStream {
    const Stream* stream = nullptr;
    std::vector<size_t> rules;  // ascending
    size_t next = 0;            // the place in `rules` that is likely to be asked for
  };

  static bool RunsIn(const PreparedRule& rule, const Stream& stream);
  void CatchUp();
  InStream& Find(const Stream& stream);
  // Finds who is awake in a stream that is new here.
  void Fill(InStream& in);
  void Wake(InStream& in, size_t rule);
  void WakeBy(const Labels& series);

  const NumberedSource* const source_;
  const AlertBook& alerts_;
  const StreamBook& streams_;

  std::shared_ptr<const PreparedRules> rules_ = std::make_shared<PreparedRules>();
  std::unordered_map<std::string, InStream> in_streams_;  // by the stream's id
  InStream* found_ = nullptr;  // the last one, since all rules of a stream follow each other

  const Applied* applied_ = nullptr;
  size_t series_taken_ = 0;
};

}  // namespace forewarn
