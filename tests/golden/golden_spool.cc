#include "tests/golden/golden_spool.h"

#include <fmt/format.h>

#include <bit>

#include "base/units.h"

namespace forewarn {
namespace {

Timestamp At(int round) { return kGoldenSpoolStart + 15s * round; }

// Of the rounds 1 to 6 each has the series of the one before and one more; reports come with 2 and
// 5.
SpoolItem Item(int round) {
  SpoolItem item;
  item.at = At(round);
  const std::vector<double> values = {1e300, -0.0, 0.1, StaleMarker(), -7, 12.75};
  for (int i = 0; i < round; ++i) {
    std::string device = fmt::format("sd{}", static_cast<char>('a' + i));
    item.samples.push_back(
        {MakeSeriesName("node_disk_io_now", {{"device", device}, {"path", "/mnt/\u6570\u636e"}}),
         values[static_cast<size_t>((round + i) % 6)]});
  }
  item.rounds.push_back({item.at, 15s, round == 3 ? Duration(-2500) : Duration(0)});
  Reports& reports = item.reports;
  if (round == 2) {
    reports.checks.push_back({item.at, "database", Verdict::kFailing, "no answer", 20ms});
    reports.facts.push_back({item.at, "os.kernel", "6.1.0"});
    reports.changes.push_back({item.at, "os.kernel", "5.10.0", "6.1.0"});
  }
  if (round == 2 || round == 5) {
    Event event;
    event.at = item.at - 10s;
    event.last_at = item.at;
    event.count = 3;
    event.severity = Severity::kError;
    event.source = "log:/var/log/app.log";
    event.code = "E42";
    event.message = "disk sdb failed";
    event.template_text = "disk <*> failed";
    event.attributes = {{"unit", "app"}};
    reports.events.push_back(event);
  }
  return item;
}

SpooledBatch Sealed(uint64_t sequence, SpoolItem item, std::vector<Gap> gaps = {}) {
  return {static_cast<uint64_t>(ToMillis(kGoldenSpoolStart)), sequence, std::move(item),
          std::move(gaps)};
}

}  // namespace

SpoolOptions GoldenSpoolOptions(const std::string& folder) {
  SpoolOptions options;
  options.folder = folder;
  options.segment_bytes = 700;
  options.sync = false;
  return options;
}

Status LiveGoldenSpool(Spool& spool) {
  spool.Declare("samples", "too_large", 7, At(0));
  for (int round = 1; round <= 6; ++round) {
    FW_RETURN_IF_ERROR(spool.Append(Item(round), At(round)));
  }
  for (int batch = 1; batch <= 3; ++batch) FW_RETURN_IF_ERROR(spool.Seal(At(6)).status());
  spool.Ack(spool.stats().epoch, 1);
  spool.Declare("events", "spool_full", 2, At(6));
  return spool.Refuse(2);
}

std::vector<SpooledBatch> GoldenBatches() {
  SpoolItem refused;
  refused.at = At(2);
  refused.rounds = Item(2).rounds;
  return {Sealed(2, refused,
                 {{"samples", "refused", 2, At(2), At(2)},
                  {"events", "refused", 1, At(2), At(2)},
                  {"checks", "refused", 1, At(2), At(2)},
                  {"facts", "refused", 1, At(2), At(2)},
                  {"changes", "refused", 1, At(2), At(2)}}),
          Sealed(3, Item(3)), Sealed(4, Item(4), {{"events", "spool_full", 2, At(6), At(6)}}),
          Sealed(5, Item(5)), Sealed(6, Item(6))};
}

std::string Describe(const SpooledBatch& batch) {
  const SpoolItem& item = batch.item;
  std::string text = fmt::format("{}/{} {}\n", batch.epoch, batch.sequence, FormatTime(item.at));
  for (const Reading& reading : item.samples) {
    text += fmt::format("sample {} {:016x}\n", SeriesText(reading.series),
                        std::bit_cast<uint64_t>(reading.value));
  }
  for (const Round& round : item.rounds) {
    text += fmt::format("round {} {} {}\n", FormatTime(round.end), round.interval.count(),
                        round.clock_offset.count());
  }
  for (const Event& event : item.reports.events) {
    text += fmt::format("event {} {} {} {} {} {} {} {}\n", FormatTime(event.at),
                        FormatTime(event.last_at), event.count, static_cast<int>(event.severity),
                        event.source, event.code, event.message, event.template_text);
    for (const auto& [name, value] : event.attributes)
      text += fmt::format("  {}={}\n", name, value);
  }
  for (const Check& check : item.reports.checks) {
    text += fmt::format("check {} {} {} {} {}\n", FormatTime(check.at), check.name,
                        static_cast<int>(check.verdict), check.message, check.took.count());
  }
  for (const Fact& fact : item.reports.facts) {
    text += fmt::format("fact {} {} {}\n", FormatTime(fact.at), fact.name, fact.value);
  }
  for (const Change& change : item.reports.changes) {
    text += fmt::format("change {} {} {} {}\n", FormatTime(change.at), change.name, change.before,
                        change.after);
  }
  for (const Gap& gap : batch.gaps) {
    text += fmt::format("gap {} {} {} {} {}\n", gap.kind, gap.reason, gap.count,
                        FormatTime(gap.from), FormatTime(gap.to));
  }
  return text;
}

}  // namespace forewarn
