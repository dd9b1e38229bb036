#include "probe/ledger.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "base/units.h"

namespace forewarn {
namespace {

std::string_view SeverityName(Severity severity) {
  switch (severity) {
    case Severity::kInfo: return "info";
    case Severity::kWarning: return "warning";
    case Severity::kError: return "error";
    case Severity::kCritical: return "critical";
  }
  return "info";
}

std::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPassing: return "passing";
    case Verdict::kWarning: return "warning";
    case Verdict::kFailing: return "failing";
  }
  return "failing";
}

}  // namespace

std::string OneLine(std::string_view text) {
  std::string out;
  for (char c : text.substr(0, 400)) out.push_back(static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
  return out;
}

std::string ReportLines(const Reports& reports, std::string_view indent) {
  std::string text;
  for (const Event& event : reports.events) {
    text += fmt::format("{}event {} x{} {} {}\n", indent, SeverityName(event.severity), event.count,
                        OneLine(event.source),
                        OneLine(event.message.empty() ? event.template_text : event.message));
  }
  for (const Check& check : reports.checks) {
    text += fmt::format("{}check {} {} {}\n", indent, OneLine(check.name),
                        VerdictName(check.verdict), OneLine(check.message));
  }
  for (const Fact& fact : reports.facts) {
    text += fmt::format("{}fact {} = {}\n", indent, OneLine(fact.name), OneLine(fact.value));
  }
  for (const Change& change : reports.changes) {
    text += fmt::format("{}change {}: {} -> {}\n", indent, OneLine(change.name),
                        OneLine(change.before), OneLine(change.after));
  }
  return text;
}

namespace {

std::string Lines(const SpooledBatch& batch, Timestamp now) {
  std::string text =
      fmt::format("{} batch {}/{} round {} samples {}\n", FormatTime(now), batch.epoch,
                  batch.sequence, FormatTime(batch.item.at), batch.item.samples.size());
  text += ReportLines(batch.item.reports, "  ");
  for (const Gap& gap : batch.gaps) {
    text += fmt::format("  gap {} {} {} from {} to {}\n", gap.count, gap.kind, gap.reason,
                        FormatTime(gap.from), FormatTime(gap.to));
  }
  return text;
}

}  // namespace

Status Ledger::Write(const SpooledBatch& batch, Timestamp now) {
  std::string path = folder_ + "/ledger.log";
  struct stat info;
  if (stat(path.c_str(), &info) == 0 && info.st_size >= max_bytes_ / 2) {
    std::rename(path.c_str(), (path + ".1").c_str());
  }
  int fd = open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
  std::string text = Lines(batch, now);
  bool good = fd >= 0 && write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  Status status;
  if (!good) {
    status = ResourceExhausted(fmt::format("{}: {}", path, std::system_category().message(errno)));
  }
  if (fd >= 0) close(fd);
  return status;
}

}  // namespace forewarn
