#include "rules/live/watches.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/fingerprint.h"
#include "rules/scope_matchers.h"

namespace forewarn {
namespace {

// Later than any sample.
constexpr Timestamp kForever = FromMillis(1'000'000'000'000'000);
// A series without a sample for so long before what is needed has ended; the language's look-back.
constexpr Duration kEndedAfter = 5min;
// What it costs to look for a selector's series, to read one beside its samples, and to find its place among the
// others: in samples touched.
constexpr uint64_t kMatchOperations = 200;
constexpr uint64_t kSeriesOperations = 100;
constexpr uint64_t kOrderOperations = 50;

// Under which a watch of this scope and metric is kept; without a metric, one of any. Two that share a key
// cost a look, no more.
uint64_t KeyOf(std::string_view customer, std::string_view installation, std::string_view probe,
               std::string_view metric) {
  const Fingerprint scope =
      probe.empty() ? Fingerprint().Add(customer).Add(installation) : Fingerprint().Add(probe);
  return scope.Add(metric).value();
}

}  // namespace

void Watches::Begin(const Applied* applied) {
  applied_ = applied;
  samples_taken_ = 0;
  series_taken_ = 0;
  CatchUp();
}

void Watches::End() {
  CatchUp();
  applied_ = nullptr;
}

void Watches::CatchUp() {
  if (applied_ == nullptr) return;
  for (; series_taken_ < applied_->series.size(); ++series_taken_) {
    if (!watches_.empty()) OfferNew(applied_->series[series_taken_]);
  }
  const AppliedSamples& samples = applied_->samples;
  for (; samples_taken_ < samples.size(); ++samples_taken_) {
    const SeriesId id = samples.ids[samples_taken_];
    if (id >= first_.size()) continue;
    for (uint32_t at = first_[id]; at != 0; at = links_[at].next) {
      Watch& watch = *links_[at].watch;
      SampleWindow& window = watch.members_[links_[at].member].window;
      if (window.empty()) {
        ++watch.generation_;
        watch.is_ordered_ = false;
      }
      samples_ -= window.size();
      window.Add({samples.times[samples_taken_], samples.values[samples_taken_]}, watch.needed());
      samples_ += window.size();
    }
  }
}

bool Watches::IsFor(const Watch& watch, const Labels& labels) {
  const Scope& scope = *watch.scope_;
  return labels.Get("customer") == scope.customer &&
         labels.Get("installation") == scope.installation &&
         (scope.probe.empty() || labels.Get("probe") == scope.probe) &&
         MatchesAll(*watch.matchers_, labels);
}

void Watches::OfferNew(const NewSeries& series) {
  const std::string_view customer = series.labels.Get("customer");
  const std::string_view installation = series.labels.Get("installation");
  const std::string_view probe = series.labels.Get("probe");
  for (std::string_view of : {std::string_view(), probe}) {
    for (std::string_view metric : {std::string_view(), series.labels.name()}) {
      auto found = by_key_.find(KeyOf(customer, installation, of, metric));
      if (found == by_key_.end()) continue;
      for (Watch* watch : found->second) {
        if (IsFor(*watch, series.labels)) Put(*watch, series.id);
      }
    }
    if (probe.empty()) break;
  }
}

StatusOr<Watch*> Watches::Make(const Scope& scope, const Matchers& matchers, Duration keep,
                               Timestamp at) {
  if (is_over_limit()) return static_cast<Watch*>(nullptr);
  auto made = std::make_unique<Watch>();
  Watch& watch = *made;
  watch.scope_ = &scope;
  watch.matchers_ = &matchers;
  watch.key_ = KeyOf(scope.customer, scope.installation, scope.probe, MetricOf(matchers));
  watch.keep_ = keep;
  watch.latest_ = at;
  by_key_[watch.key_].push_back(&watch);
  watches_.emplace(&watch, std::move(made));
  Matchers all = matchers;
  std::ranges::move(ScopeMatchers(scope.customer, scope.installation, scope.probe),
                    std::back_inserter(all));
  StatusOr<std::vector<SeriesId>> found = source_.Match(all);
  work_ += kMatchOperations;
  if (!found.ok()) {
    Remove(&watch);
    return found.status();
  }
  for (SeriesId id : *found) {
    Put(watch, id);
    Status status = Fill(watch, watch.members_.back());
    if (status.ok() && !is_over_limit()) continue;
    Remove(&watch);
    if (!status.ok()) return status;
    return static_cast<Watch*>(nullptr);
  }
  Order(watch);
  return &watch;
}

StatusOr<bool> Watches::Widen(Watch& watch, Duration keep) {
  std::vector<std::vector<Sample>> read;
  size_t samples = samples_;
  for (const Watch::Member& member : watch.members_) {
    FW_ASSIGN_OR_RETURN(std::vector<Sample> found,
                        source_.Read(member.id, watch.latest_ - keep - kEndedAfter, kForever));
    work_ += kSeriesOperations + found.size();
    samples = samples - member.window.size() + found.size();
    if (samples + beside_ > max_samples_) return false;
    read.push_back(std::move(found));
  }
  for (size_t i = 0; i < read.size(); ++i) watch.members_[i].window.Fill(std::move(read[i]));
  samples_ = samples;
  watch.keep_ = keep;
  watch.is_ordered_ = false;
  ++watch.generation_;
  return true;
}

Status Watches::Prepare(Watch& watch, Timestamp at) {
  if (at < watch.latest_ || watch.is_incomplete_) {
    // A grid that begins late may look at a time before others.
    watch.latest_ = at;
    watch.is_incomplete_ = true;
    for (Watch::Member& member : watch.members_) FW_RETURN_IF_ERROR(Fill(watch, member));
    watch.is_incomplete_ = false;
  }
  watch.latest_ = at;
  if (!watch.is_ordered_) Order(watch);
  return OkStatus();
}

void Watches::ForgetEnded(Watch& watch) {
  watch.is_ordered_ = false;
  ++watch.generation_;
  Order(watch);
}

bool Watches::Take(size_t samples) {
  if (beside_ + samples > max_samples_ / 2 || samples_ + beside_ + samples > max_samples_) {
    return false;
  }
  beside_ += samples;
  return true;
}

void Watches::Remove(const Watch* watch) {
  for (const Watch::Member& member : watch->members_) {
    samples_ -= member.window.size();
    Unlink(watch, member.id);
  }
  auto same_key = by_key_.find(watch->key_);
  std::erase(same_key->second, watch);
  if (same_key->second.empty()) by_key_.erase(same_key);
  watches_.erase(watch);
}

void Watches::Clear() {
  watches_.clear();
  by_key_.clear();
  first_ = {};
  links_.resize(1);
  free_ = 0;
  samples_ = 0;
}

void Watches::Put(Watch& watch, SeriesId id) {
  if (id >= first_.size()) first_.resize(id + 1);
  uint32_t at = free_;
  if (at == 0) {
    at = static_cast<uint32_t>(links_.size());
    links_.emplace_back();
  } else {
    free_ = links_[at].next;
  }
  links_[at] = {&watch, static_cast<uint32_t>(watch.members_.size()), first_[id]};
  first_[id] = at;
  watch.members_.push_back({id, {}});
}

void Watches::Unlink(const Watch* watch, SeriesId id) {
  for (uint32_t* to = &first_[id]; *to != 0; to = &links_[*to].next) {
    if (links_[*to].watch != watch) continue;
    const uint32_t freed = *to;
    *to = links_[freed].next;
    links_[freed] = {nullptr, 0, free_};
    free_ = freed;
    return;
  }
}

// Reads what is needed of a series, and what is newer, from the source.
Status Watches::Fill(Watch& watch, Watch::Member& member) {
  FW_ASSIGN_OR_RETURN(std::vector<Sample> samples,
                      source_.Read(member.id, watch.needed() - kEndedAfter, kForever));
  work_ += kSeriesOperations + samples.size();
  samples_ -= member.window.size();
  samples_ += samples.size();
  member.window.Fill(std::move(samples));
  ++watch.generation_;
  watch.is_ordered_ = false;
  return OkStatus();
}

void Watches::Order(Watch& watch) {
  for (Watch::Member& member : watch.members_) {
    if (member.window.empty() || member.window.newest() >= watch.needed() - kEndedAfter) continue;
    samples_ -= member.window.size();
    member.window.Clear();
  }
  work_ += watch.members_.size() * kOrderOperations;
  std::vector<SeriesId> ids;
  std::vector<std::pair<SeriesId, uint32_t>> members;
  for (uint32_t i = 0; i < watch.members_.size(); ++i) {
    if (watch.members_[i].window.empty()) continue;
    ids.push_back(watch.members_[i].id);
    members.emplace_back(ids.back(), i);
  }
  std::ranges::sort(members);
  watch.rows_.clear();
  for (SeriesId id : source_.InOrder(ids)) {
    auto member = std::ranges::lower_bound(members, std::pair(id, 0U));
    FW_CHECK(member != members.end() && member->first == id);
    watch.rows_.push_back(member->second);
  }
  watch.is_ordered_ = true;
}

}  // namespace forewarn
