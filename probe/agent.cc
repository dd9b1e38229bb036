#include "probe/agent.h"

#include <fmt/format.h>

#include <algorithm>

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
  return stats_.rounds > 0 || stream_.stats().connects > 0 ||
         clock_.Monotonic() - opened_ >= options_.clock_patience;
}

void Agent::Round() {
  Duration started = clock_.Monotonic();
  Duration offset = stream_.correction();
  // Two rounds never share a time, whatever the clock does.
  Timestamp at = clock_.Now() - offset;
  if (at == stats_.last_round) at += 1ms;

  Readings all(at);
  stats_.source_errors.clear();
  for (SourceState& state : sources_) ReadSource(state, all);
  AddOwnMetrics(all);
  stats_.kept_back += redactor_.Apply(all.samples, all.reports);
  spool_.Declare("samples", "too_large", ApplyBounds(all), at);
  bool kept = Store(all, offset);
  // A source may forget what it has handed over only now that it is kept.
  for (SourceState& state : sources_) {
    if (!kept) break;
    Status status = state.source->Commit();
    if (!status.ok()) stats_.source_errors[std::string(state.source->name())] = status.message();
  }
  stats_.last_round = at;
  stats_.last_duration = clock_.Monotonic() - started;
  ++stats_.rounds;
}

void Agent::ReadSource(SourceState& state, Readings& all) {
  Duration started = clock_.Monotonic();
  size_t first = all.samples.size();
  Status status = state.source->Read(all);
  std::string_view name = state.source->name();

  std::unordered_set<SeriesName> now;
  for (size_t i = first; i < all.samples.size(); ++i) now.insert(all.samples[i].series);
  for (const SeriesName& series : state.alive) {
    if (now.contains(series)) continue;
    if (status.ok()) {
      all.samples.push_back({series, StaleMarker()});
    } else {
      now.insert(series);  // perhaps still there: the next good look decides
    }
  }
  state.alive = std::move(now);

  if (!status.ok()) {
    FW_LOG(kWarn, "source.failed", {{"source", name}, {"error", status.message()}});
    stats_.source_errors[std::string(name)] = status.message();
  }
  all.Sample("node_scrape_collector_success", {{"collector", name}}, status.ok() ? 1 : 0);
  all.Sample("node_scrape_collector_duration_seconds", {{"collector", name}},
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

bool Agent::Store(Readings& all, Duration offset) {
  bool kept = true;
  SpoolItem item;
  item.at = all.at();
  int64_t size = 0;
  int64_t limit = options_.batch_bytes;
  // Some of the collector's limit is left for what is not estimated: gaps, rounds, framing.
  if (uint64_t theirs = stream_.stats().max_batch_bytes; theirs > 0)
    limit = static_cast<int64_t>(std::min(static_cast<uint64_t>(limit), theirs - theirs / 4));
  auto flush = [&] {
    Status status = spool_.Append(item, stream_.Now());
    if (!status.ok()) {
      kept = false;
      ++stats_.append_failures;
      FW_LOG(kError, "spool.append_failed", {{"error", status.ToString()}});
    }
    item = SpoolItem();
    item.at = all.at();
    size = 0;
  };
  auto add = [&](auto& from, auto&& into) {
    for (auto& one : from) {
      if (size > 0 && size + SizeOf(one) > limit) flush();
      size += SizeOf(one);
      into(item).push_back(std::move(one));
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
  // Its data is complete with the last part.
  item.rounds.push_back({all.at(), options_.interval, offset});
  flush();
  return kept;
}

}  // namespace forewarn
