#include "collector/forgetting.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>
#include <variant>

#include "base/record.h"
#include "model/ids.h"

namespace forewarn {

namespace {

constexpr size_t kRecordsAtOnce = 4096;  // of tickets; of one of them more, if it has more lines

}  // namespace

std::string NumberId(uint64_t number) { return fmt::format("{:020}", number); }

std::optional<AuditRecord> AuditOf(const Entry& entry, uint32_t partition) {
  if (const auto* bundle = std::get_if<Bundle>(&entry.what)) {
    if (partition != kControlPartition) return std::nullopt;
    return AuditRecord{entry.arrival, entry.actor, std::nullopt, bundle->id};
  }
  const auto* command = std::get_if<Command>(&entry.what);
  if (command == nullptr || std::holds_alternative<HelloCommand>(*command) ||
      std::holds_alternative<DeliveryCommand>(*command)) {
    return std::nullopt;
  }
  return AuditRecord{entry.arrival, entry.actor, *command, ""};
}

Status AuditTrail::Restore(std::string_view id, std::string_view record) {
  uint64_t sequence = 0;
  auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), sequence);
  StatusOr<AuditRecord> audit = DecodeRecord<AuditRecord>(record);
  if (error != std::errc() || end != id.data() + id.size() || !audit.ok()) {
    return DataLoss(
        fmt::format("the audit record '{}' is damaged; restore the database from a backup", id));
  }
  Add(sequence, audit->at);
  return OkStatus();
}

std::vector<uint64_t> AuditTrail::Forget(Timestamp before) {
  std::vector<uint64_t> forgotten;
  while (!records_.empty() && records_.front().second <= before && forgotten.size() < kAtOnce) {
    forgotten.push_back(records_.front().first);
    records_.pop_front();
  }
  return forgotten;
}

std::optional<Timestamp> AuditTrail::Oldest() const {
  if (records_.empty()) return std::nullopt;
  return records_.front().second;
}

std::vector<StatePut> ForgetWhatIsOver(Timestamp before, IncidentManager& incidents,
                                       Planner& planner, AuditTrail& audit) {
  std::vector<StatePut> removed;
  while (removed.size() < kRecordsAtOnce) {
    std::optional<OverTickets::Over> over = incidents.FirstOver();
    if (!over || over->since > before) break;
    Ticket ticket = incidents.Forget(over->number);
    std::string id = NumberId(ticket.number);
    for (uint64_t index = 0; index < ticket.timeline_size; ++index) {
      removed.push_back({StateKind::kTimeline, id + "/" + NumberId(index), ""});
    }
    removed.push_back({StateKind::kTicket, std::move(id), ""});
  }
  for (std::string& id : planner.ForgetSilences(before)) {
    removed.push_back({StateKind::kSilence, std::move(id), ""});
  }
  for (uint64_t sequence : audit.Forget(before)) {
    removed.push_back({StateKind::kAudit, NumberId(sequence), ""});
  }
  return removed;
}

std::optional<Timestamp> FirstEnd(const IncidentManager& incidents, const Planner& planner,
                                  const AuditTrail& audit) {
  std::optional<Timestamp> first;
  if (std::optional<OverTickets::Over> over = incidents.FirstOver()) first = over->since;
  for (std::optional<Timestamp> end : {planner.FirstEndOfSilence(), audit.Oldest()}) {
    if (end) first = first ? std::min(*first, *end) : *end;
  }
  return first;
}

}  // namespace forewarn
