#include "collector/rule_results.h"

#include <fmt/format.h>

namespace forewarn {

bool RuleResults::Write(const Labels& labels, Sample sample) {
  switch (head_.AppendDerived(labels, sample, commit_)) {
    case Head::Derived::kKept: break;
    case Head::Derived::kDuplicate:
      if (IsStale(sample.value) || compared_ >= kComparedMax) break;
      ++compared_;
      return head_.Holds(labels, sample);
    case Head::Derived::kCommitFull: ++too_many_; break;
    case Head::Derived::kSeriesLimit: ++unnamed_[std::string(labels.name())]; break;
  }
  return true;
}

void RuleResults::Report(std::vector<std::string>& problems) const {
  if (too_many_ > 0) {
    problems.push_back(fmt::format(
        "rules recorded more results for one entry than it can hold; {} of them are not kept: "
        "let them record fewer series",
        too_many_));
  }
  for (const auto& [name, count] : unnamed_) {
    problems.push_back(fmt::format(
        "'{}' was recorded under {} new names, but rules have named half as many series of this "
        "probe or customer as may be sent (limits.series_per_probe, limits.series_per_customer); "
        "they are not kept: let no label of it change with each evaluation",
        name, count));
  }
}

}  // namespace forewarn
