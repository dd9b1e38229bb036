#include "probe/ledger.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <system_error>

#include "base/units.h"
#include "model/incident.h"

namespace forewarn {
namespace {

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

// The end of the file; empty when there is none.
std::string ReadEnd(const std::string& path) {
  constexpr off_t kEnd = 256 << 10;
  std::string text;
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat info;
  if (fd < 0) return text;
  if (fstat(fd, &info) == 0) {
    text.resize(static_cast<size_t>(std::min(info.st_size, kEnd)));
    ssize_t n = pread(fd, text.data(), text.size(), std::max<off_t>(0, info.st_size - kEnd));
    text.resize(n > 0 ? static_cast<size_t>(n) : 0);
  }
  close(fd);
  return text;
}

}  // namespace

Ledger::Ledger(std::string folder, int64_t max_bytes)
    : folder_(std::move(folder)), max_bytes_(max_bytes) {
  std::string text = ReadEnd(folder_ + "/ledger.log");
  if (text.empty()) text = ReadEnd(folder_ + "/ledger.log.1");
  if (!text.ends_with('\n')) return;  // cut short: rather one line too many than one too few
  // `2026-05-01T10:00:00.250Z batch 1777629600000/17 round …`; what belongs to a batch is indented.
  std::string_view rest = text;
  rest.remove_suffix(1);
  for (;;) {
    size_t end = rest.rfind('\n');
    std::string_view line = end == std::string_view::npos ? rest : rest.substr(end + 1);
    size_t at = line.find(" batch ");
    if (!line.starts_with(' ') && at != std::string_view::npos) {
      const char* stop = line.data() + line.size();
      auto epoch = std::from_chars(line.data() + at + 7, stop, epoch_);
      if (epoch.ec == std::errc() && epoch.ptr != stop && *epoch.ptr == '/')
        std::from_chars(epoch.ptr + 1, stop, sequence_);
      return;
    }
    if (end == std::string_view::npos) return;
    rest = rest.substr(0, end);
  }
}

Status Ledger::Write(const SpooledBatch& batch, Timestamp now) {
  if (batch.epoch == epoch_ && batch.sequence <= sequence_) return OkStatus();
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
  if (status.ok()) {
    epoch_ = batch.epoch;
    sequence_ = batch.sequence;
  }
  return status;
}

}  // namespace forewarn
