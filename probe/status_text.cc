#include "probe/status_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/units.h"

namespace forewarn {
namespace {

Duration WholeSeconds(Duration d) { return d - d % 1000; }

std::string Ago(Timestamp at, Timestamp now) {
  if (at == kTimeZero) return "never";
  return fmt::format("{} ago ({})", FormatDuration(std::max(Duration(0), WholeSeconds(now - at))),
                     FormatTime(at));
}

bool IsRunning(const ProbeStatus& status, Timestamp now) {
  return status.running && now - status.written_at <= 3 * std::max<Duration>(status.interval, 5s);
}

}  // namespace

bool StatusIsGood(const ProbeStatus& status, Timestamp now) {
  return IsRunning(status, now) && status.connected && now < status.certificate_expires_at;
}

std::string StatusText(const ProbeStatus& status, Timestamp now) {
  std::string out;
  auto line = [&](std::string_view name, const std::string& value) {
    out += fmt::format("{:<13} {}\n", name, value);
  };
  line("probe", fmt::format("{} of {}/{}", status.probe, status.customer, status.installation));
  line("version", status.version);
  line("agent", IsRunning(status, now)
                    ? fmt::format("running, {} rounds, one every {}", status.rounds,
                                  FormatDuration(status.interval))
                    : fmt::format("not running; {} {}", status.running ? "last seen" : "stopped",
                                  Ago(status.written_at, now)));
  line("collector",
       fmt::format("{}, {}", status.collector, status.connected ? "connected" : "no contact"));
  if (!status.last_error.empty()) line("error", status.last_error);
  line("last contact", Ago(status.last_contact, now));
  line("last ack", Ago(status.last_ack, now));
  line("last round", Ago(status.last_round, now));
  line("started", Ago(status.started_at, now));
  line("spool", fmt::format("{} records, of which {} are under way; {} of at most {} on disk",
                            status.spool_records, status.spool_under_way,
                            FormatSize(status.spool_bytes), FormatSize(status.spool_max_bytes)));
  if (status.spool_oldest != kTimeZero) line("oldest", Ago(status.spool_oldest, now));
  line("gaps", status.gap_total == 0
                   ? std::string("nothing was ever lost")
                   : fmt::format("{} items declared lost, ever", status.gap_total));
  for (const Gap& gap : status.gaps) {
    line("", fmt::format("{} {}, {}, from {} to {}", gap.count, gap.kind, gap.reason,
                         FormatTime(gap.from), FormatTime(gap.to)));
  }
  const SentTotals& sent = status.sent;
  line("sent",
       fmt::format("{} batches since the start: {} samples, {} events, {} checks, {} facts, "
                   "{} changes",
                   sent.batches, sent.samples, sent.events, sent.checks, sent.facts, sent.changes));
  line("kept back", fmt::format("{} items, by redaction", status.kept_back));
  line("ledger", status.ledger + " lists all that was sent");
  if (status.left_out > 0)
    line("left out", fmt::format("{} samples, by the collector", status.left_out));
  if (!status.last_refusal.empty()) line("refused", status.last_refusal);
  line("clock", fmt::format("{} ms off the collector's", status.clock_offset_ms));
  std::string left = now < status.certificate_expires_at
                         ? "in " + FormatDuration(WholeSeconds(status.certificate_expires_at - now))
                         : std::string("EXPIRED: enrol again with --force and a new token");
  line("certificate",
       fmt::format("expires {} ({})", left, FormatTime(status.certificate_expires_at)));
  for (const auto& [source, error] : status.source_errors)
    line("cannot read", source + ": " + error);
  return out;
}

}  // namespace forewarn
