#include "probe/agent.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/file.h"
#include "base/log.h"
#include "model/series_source.h"
#include "probe/bounds.h"
#include "probe/parse.h"

namespace forewarn {
namespace {

// A guess at what an item costs on the wire, on the safe side: a series is counted as if it were
// named anew.
int64_t SizeOf(const Reading& reading) { return static_cast<int64_t>(reading.series.size()) + 32; }
int64_t SizeOf(const Event& event) {
  size_t size = 64 + event.source.size() + event.code.size() + event.message.size() +
                event.template_text.size();
  for (const auto& [name, value] : event.attributes) size += name.size() + value.size() + 8;
  return static_cast<int64_t>(size);
}
int64_t SizeOf(const Check& check) {
  return static_cast<int64_t>(check.name.size() + check.message.size()) + 32;
}
int64_t SizeOf(const Fact& fact) {
  return static_cast<int64_t>(fact.name.size() + fact.value.size()) + 32;
}
int64_t SizeOf(const Change& change) {
  return static_cast<int64_t>(change.name.size() + change.before.size() + change.after.size()) + 32;
}

template <typename T>
void Move(std::vector<T>& from, std::vector<T>& to) {
  to.insert(to.end(), std::move_iterator(from.begin()), std::move_iterator(from.end()));
}

// Takes what was read apart into items of about `limit` bytes at most; none of nothing.
std::vector<SpoolItem> Split(Readings& all, int64_t limit) {
  std::vector<SpoolItem> items;
  int64_t size = limit;
  auto add = [&](auto& from, auto&& into) {
    for (auto& one : from) {
      size += SizeOf(one);
      if (items.empty() || size > limit) {
        items.emplace_back().at = all.at();
        size = SizeOf(one);
      }
      into(items.back()).push_back(std::move(one));
    }
  };
  add(
      all.reports.facts, [](SpoolItem & to) -> auto& { return to.reports.facts; });
  add(
      all.reports.changes, [](SpoolItem & to) -> auto& { return to.reports.changes; });
  add(
      all.reports.checks, [](SpoolItem & to) -> auto& { return to.reports.checks; });
  add(
      all.reports.events, [](SpoolItem & to) -> auto& { return to.reports.events; });
  add(
      all.samples, [](SpoolItem & to) -> auto& { return to.samples; });
  return items;
}

double ResidentBytes() {
  StatusOr<std::string> text = ReadFile("/proc/self/statm", 4096);
  if (!text.ok()) return 0;
  std::vector<std::string_view> words = Words(*text);
  double pages;
  return words.size() > 1 && ParseNumber(words[1], pages) ? pages * 4096 : 0;
}

}  // namespace

Agent::Agent(const AgentOptions& options, std::vector<std::unique_ptr<Source>> sources,
             const Redactor& redactor, Spool& spool, Stream& stream, const Clock& clock)
    : options_(options),
      redactor_(redactor),
      spool_(spool),
      stream_(stream),
      clock_(clock),
      opened_(clock.Monotonic()) {
  for (std::unique_ptr<Source>& source : sources) sources_.push_back({std::move(source), {}});
}

bool Agent::Ready() const {
  std::optional<Duration> since = stream_.unsure_since();
  if (!since && stats_.rounds == 0 && stream_.stats().connects == 0) since = opened_;
  return !since || clock_.Monotonic() - *since >= options_.clock_patience;
}

void Agent::Round() {
  Duration started = clock_.Monotonic();
  Duration offset = stream_.correction();
  // Two rounds never share a time, whatever the clock does.
  Timestamp at = clock_.Now() - offset;
  if (at == stats_.last_round) at += 1ms;

  Readings once(at);
  Readings again(at);
  stats_.source_errors.clear();
  for (SourceState& state : sources_) ReadSource(state, once, again);
  AddOwnMetrics(once);
  Admit(again);
  Admit(once);
  // First, so that the round does not end before the events in it.
  bool kept_again = StoreRepeatable(again);
  bool kept_once = Store(once, offset);
  // A source may forget what it has handed over only now that it is kept.
  for (SourceState& state : sources_) {
    Source& source = *state.source;
    if (source.repeats() && !kept_again) {
      source.Rollback();
    } else if (source.repeats() || kept_once) {
      Status status = source.Commit();
      if (!status.ok()) stats_.source_errors[std::string(source.name())] = status.message();
    }
  }
  stats_.last_round = at;
  stats_.last_duration = clock_.Monotonic() - started;
  ++stats_.rounds;
}

void Agent::ReadSource(SourceState& state, Readings& once, Readings& again) {
  Duration started = clock_.Monotonic();
  Readings read(once.at());
  Status status = state.source->Read(read);
  std::string_view name = state.source->name();

  std::unordered_set<SeriesName> now;
  for (const Reading& reading : read.samples) now.insert(reading.series);
  Move(read.samples, once.samples);
  Reports& reports = state.source->repeats() ? again.reports : once.reports;
  Move(read.reports.events, reports.events);
  Move(read.reports.checks, reports.checks);
  Move(read.reports.facts, reports.facts);
  Move(read.reports.changes, reports.changes);
  for (const SeriesName& series : state.alive) {
    if (now.contains(series)) continue;
    if (status.ok()) {
      once.samples.push_back({series, StaleMarker()});
    } else {
      now.insert(series);  // perhaps still there: the next good look decides
    }
  }
  state.alive = std::move(now);

  if (!status.ok()) {
    FW_LOG(kWarn, "source.failed", {{"source", name}, {"error", status.message()}});
    stats_.source_errors[std::string(name)] = status.message();
  }
  once.Sample("node_scrape_collector_success", {{"collector", name}}, status.ok() ? 1 : 0);
  once.Sample("node_scrape_collector_duration_seconds", {{"collector", name}},
              ToSeconds(clock_.Monotonic() - started));
}

void Agent::AddOwnMetrics(Readings& all) const {
  SpoolStats spool = spool_.stats();
  const StreamStats& stream = stream_.stats();
  all.Sample("forewarn_probe_rounds_total", static_cast<double>(stats_.rounds));
  all.Sample("forewarn_probe_round_duration_seconds", ToSeconds(stats_.last_duration));
  all.Sample("forewarn_probe_spool_bytes", static_cast<double>(spool.bytes));
  all.Sample("forewarn_probe_spool_records", static_cast<double>(spool.waiting + spool.under_way));
  all.Sample("forewarn_probe_spool_oldest_seconds",
             spool.oldest == kTimeZero ? 0 : std::max(0.0, ToSeconds(all.at() - spool.oldest)));
  all.Sample("forewarn_probe_gap_items_total", static_cast<double>(spool.gap_total));
  all.Sample("forewarn_probe_kept_back_items_total", static_cast<double>(stats_.kept_back));
  all.Sample("forewarn_probe_batches_sent_total", static_cast<double>(stream.batches_sent));
  all.Sample("forewarn_probe_batches_refused_total", static_cast<double>(stream.batches_refused));
  all.Sample("forewarn_probe_connect_failures_total", static_cast<double>(stream.failures));
  all.Sample("forewarn_probe_resident_memory_bytes", ResidentBytes());
}

void Agent::Admit(Readings& readings) {
  stats_.kept_back += redactor_.Apply(readings.samples, readings.reports);
  spool_.Declare("samples", "too_large", ApplyBounds(readings), readings.at());
}

int64_t Agent::PushBytes() const {
  uint64_t theirs = stream_.stats().max_batch_bytes;
  if (theirs == 0) return options_.batch_bytes;
  // Some of the collector's limit is left for what is not estimated: gaps, rounds, framing.
  return static_cast<int64_t>(
      std::min(static_cast<uint64_t>(options_.batch_bytes), theirs - theirs / 4));
}

bool Agent::StoreRepeatable(Readings& again) {
  bool kept = false;
  for (const SpoolItem& item : Split(again, PushBytes())) {
    // Once a part is kept the whole is not brought again, so the rest is lost when it is not kept.
    Status status = Append(item, kept ? Spool::IfLost::kGone : Spool::IfLost::kBroughtAgain);
    if (!status.ok() && !kept) return false;
    kept = true;
  }
  return true;
}

bool Agent::Store(Readings& once, Duration offset) {
  std::vector<SpoolItem> items = Split(once, PushBytes());
  if (items.empty()) items.emplace_back().at = once.at();
  // Its data is complete with the last part.
  items.back().rounds.push_back({once.at(), options_.interval, offset});
  bool kept = true;
  for (const SpoolItem& item : items) kept = Append(item).ok() && kept;
  return kept;
}

Status Agent::Append(const SpoolItem& item, Spool::IfLost if_lost) {
  Status status = spool_.Append(item, stream_.Now(), if_lost);
  if (!status.ok()) {
    ++stats_.append_failures;
    FW_LOG(kError, "spool.append_failed", {{"error", status.ToString()}});
  }
  return status;
}

}  // namespace forewarn
