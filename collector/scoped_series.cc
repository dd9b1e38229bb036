#include "collector/scoped_series.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>

#include "base/check.h"
#include "model/ids.h"

namespace forewarn {

Matchers ScopedSeries::Scoped(const Matchers& matchers) const {
  Matchers own = matchers;
  if (!customer_.empty()) own.push_back(Matcher::Equal("customer", customer_));
  return own;
}

template <typename Ask, typename Use>
Status ScopedSeries::ForEach(const Ask& ask, const Use& use) const {
  using Answer = decltype(ask(std::declval<const Shard&>()));
  const uint32_t first = customer_.empty() ? 0 : PartitionOf(customer_);
  const uint32_t end = customer_.empty() ? kPartitions : first + 1;
  for (uint32_t partition = first; partition < end; ++partition) {
    std::optional<Answer> answer;
    FW_RETURN_IF_ERROR(partitions_.AskAndWait(
        partition,
        [&](const Shard& shard) {
          if (!stop_ || !stop_()) answer.emplace(ask(shard));
        },
        patience_));
    if (!answer) return Cancelled("reading was ended by who asked for it");
    FW_RETURN_IF_ERROR(use(*std::move(answer)));
  }
  return OkStatus();
}

StatusOr<std::vector<SeriesData>> ScopedSeries::Select(const Matchers& matchers, Timestamp from,
                                                       Timestamp to,
                                                       const SelectLimits& limits) const {
  std::vector<SeriesData> all;
  if (matchers.empty()) return all;
  const Matchers own = Scoped(matchers);
  SelectLimits left = limits;
  FW_RETURN_IF_ERROR(
      ForEach([&](const Shard& shard) { return shard.head().Look(own, from, to, left); },
              [&](StatusOr<std::unique_ptr<const SeriesView>> view) -> Status {
                if (!view.ok()) return view.status();
                FW_ASSIGN_OR_RETURN(std::vector<SeriesData> found, (*view)->ReadAll(left, stop_));
                for (const SeriesData& series : found) left.max_samples -= series.samples.size();
                left.max_series -= found.size();
                std::ranges::move(found, std::back_inserter(all));
                return OkStatus();
              }));
  if (customer_.empty()) std::ranges::sort(all, {}, &SeriesData::labels);
  return all;
}

StatusOr<std::unique_ptr<const SeriesView>> ScopedSeries::Look(const Matchers& matchers,
                                                               Timestamp from, Timestamp to,
                                                               const SelectLimits& limits) const {
  FW_CHECK(!customer_.empty());
  const Matchers own = Scoped(matchers);
  StatusOr<std::unique_ptr<const SeriesView>> view = Internal("nothing was asked");
  FW_RETURN_IF_ERROR(
      ForEach([&](const Shard& shard) { return shard.head().Look(own, from, to, limits); },
              [&](StatusOr<std::unique_ptr<const SeriesView>> found) {
                view = std::move(found);
                return OkStatus();
              }));
  return view;
}

StatusOr<std::vector<Labels>> ScopedSeries::Series(const Matchers& matchers, Timestamp from,
                                                   Timestamp to, const SelectLimits& limits) const {
  std::vector<Labels> all;
  if (matchers.empty()) return all;
  const Matchers own = Scoped(matchers);
  FW_RETURN_IF_ERROR(
      ForEach([&](const Shard& shard) { return shard.head().Series(own, from, to, limits); },
              [&](StatusOr<std::vector<Labels>> found) -> Status {
                if (!found.ok()) return found.status();
                if (found->size() > limits.max_series - all.size()) return TooManySeries(limits);
                std::ranges::move(*found, std::back_inserter(all));
                return OkStatus();
              }));
  if (customer_.empty()) std::ranges::sort(all);
  return all;
}

StatusOr<std::set<std::string>> ScopedSeries::LabelNames(const Matchers& matchers) const {
  Matchers own = Scoped(matchers);
  // What every series matches.
  if (own.empty()) own.push_back(*Matcher::Make(Matcher::Kind::kNotEqual, "__name__", ""));
  std::set<std::string> names;
  FW_RETURN_IF_ERROR(ForEach([&](const Shard& shard) { return shard.head().LabelNames(own); },
                             [&](StatusOr<std::vector<std::string>> found) {
                               if (!found.ok()) return found.status();
                               names.insert(std::move_iterator(found->begin()),
                                            std::move_iterator(found->end()));
                               return OkStatus();
                             }));
  return names;
}

StatusOr<std::set<std::string>> ScopedSeries::LabelValues(std::string_view name,
                                                          const Matchers& matchers) const {
  Matchers own = Scoped(matchers);
  if (own.empty()) own.push_back(*Matcher::Make(Matcher::Kind::kNotEqual, "__name__", ""));
  std::set<std::string> values;
  FW_RETURN_IF_ERROR(
      ForEach([&](const Shard& shard) { return shard.head().LabelValues(name, own); },
              [&](StatusOr<std::vector<std::string>> found) {
                if (!found.ok()) return found.status();
                values.insert(std::move_iterator(found->begin()), std::move_iterator(found->end()));
                return OkStatus();
              }));
  return values;
}

}  // namespace forewarn
