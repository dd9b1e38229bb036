#include "rules/contact_alert.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/units.h"

namespace forewarn {
namespace {

// Hosts that the alert names; of more it says how many.
constexpr size_t kHostsNamed = 10;

Fingerprint AlertId(const std::string& customer, const std::string& installation) {
  return ContactLostKey().Add(customer).Add(installation);
}

// Fills in what the lost probes say: at least one.
void Describe(const std::vector<const ProbeState*>& lost, const std::string& installation,
              Alert& alert) {
  std::string hosts;
  alert.probes.clear();
  for (const ProbeState* probe : lost) {
    alert.probes.push_back(probe->identity.probe);
    if (alert.probes.size() > kHostsNamed) continue;
    if (!hosts.empty()) hosts += ", ";
    hosts += fmt::format("{} (last heard of {})",
                         probe->host.empty() ? probe->identity.probe : probe->host,
                         FormatTime(probe->last_arrival));
  }
  if (lost.size() > kHostsNamed) hosts += fmt::format(" and {} more", lost.size() - kHostsNamed);
  alert.value = static_cast<double>(lost.size());
  alert.annotations = {
      {"description",
       fmt::format("Nothing is known of {} until its data arrive again. Check the network between "
                   "the installation and the collector, and whether the probe is running: {}.",
                   installation, hosts)},
      {"summary", fmt::format("No contact with {} of installation {}", hosts, installation)}};
}

}  // namespace

Fingerprint ContactLostKey() { return Fingerprint::Of("built-in").Add(kContactLostRule); }

bool ConcernsContactLost(const ProbeState& probe, const Contacts& contacts, AlertBook& book) {
  if (IsSilent(probe)) return true;
  const auto& [customer, installation, id] = probe.identity;
  const AlertRecord* record = book.Find(AlertId(customer, installation));
  if (record == nullptr) return false;
  return std::ranges::binary_search(record->life.alert.probes, id) ||
         !contacts.IsAnySilent(customer, installation);
}

std::optional<AlertChange> UpdateContactLost(const std::string& customer,
                                             const std::string& installation,
                                             const Contacts& contacts, Timestamp arrival,
                                             AlertBook& book) {
  std::vector<const ProbeState*> lost = contacts.Silent(customer, installation);
  bool is_any_silent = !lost.empty();
  std::erase_if(lost, [](const ProbeState* probe) { return probe->contact != Contact::kLost; });
  Fingerprint id = AlertId(customer, installation);
  AlertRecord* record = book.Find(id);
  if (record == nullptr) {
    if (lost.empty()) return std::nullopt;
    AlertRecord made;
    made.rule = ContactLostKey();
    made.stream = "contact";
    Alert& alert = made.life.alert;
    alert.id = id;
    alert.customer = customer;
    alert.installation = installation;
    alert.group = kContactLostGroup;
    alert.rule = kContactLostRule;
    alert.labels = {{"alertname", std::string(kContactLostRule)},
                    {"customer", customer},
                    {"installation", installation},
                    {"severity", "warning"}};
    Describe(lost, installation, alert);
    StartAlert(made.life, arrival, {});
    for (const ProbeState* probe : lost) {
      alert.active_since = std::min(alert.active_since, probe->last_arrival);
    }
    return AlertChange{std::nullopt, book.Add(std::move(made)).life.alert, arrival, true, false};
  }

  AlertState before = record->life.alert.state;
  if (!is_any_silent) {
    AdvanceAlert(record->life, Outcome::kFalse, arrival, {});
    Alert after = record->life.alert;
    book.Remove(id);
    return AlertChange{before, std::move(after), arrival, true, false};
  }
  if (lost.empty()) return std::nullopt;
  std::vector<std::string> probes = record->life.alert.probes;
  Describe(lost, installation, record->life.alert);
  record->life.alert.last_true = arrival;
  book.Touch(id);
  if (probes == record->life.alert.probes) return std::nullopt;
  return AlertChange{before, record->life.alert, arrival, true, false};
}

}  // namespace forewarn
