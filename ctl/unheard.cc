#include "ctl/unheard.h"

#include <fmt/format.h>

#include <algorithm>

namespace forewarn {
namespace {

constexpr size_t kNamed = 5;

// `'a', 'b' and 7 more`.
std::string Names(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kNamed); ++i) {
    text += fmt::format("{}'{}'", i == 0 ? "" : ", ", names[i]);
  }
  if (names.size() > kNamed) text += fmt::format(" and {} more", names.size() - kNamed);
  return text;
}

std::vector<const Route*> RoutesFor(const Bundle& bundle, Audience audience) {
  std::vector<const Route*> routes;
  for (const Route& route : bundle.routes) {
    if (route.audience == audience) routes.push_back(&route);
  }
  return routes;
}

// E-mail to whoever the customer's contacts are.
bool GoesToContacts(const Receiver* receiver) {
  return receiver != nullptr && receiver->kind == Receiver::Kind::kEmail && receiver->to.empty();
}

void AddSupport(const Bundle& bundle, std::vector<std::string>& found) {
  std::vector<const Route*> routes = RoutesFor(bundle, Audience::kSupport);
  if (routes.empty()) {
    found.push_back(
        "routes.yaml: there is no route for support, so tickets are opened and nobody is told; "
        "add {audience: support, receivers: […]}");
    return;
  }
  // What is for support never goes to a customer's contacts.
  std::vector<std::string> silent;
  for (const Route* route : routes) {
    for (const std::string& id : route->receivers) {
      if (GoesToContacts(bundle.FindReceiver(id))) silent.push_back(id);
    }
  }
  std::sort(silent.begin(), silent.end());
  silent.erase(std::unique(silent.begin(), silent.end()), silent.end());
  if (!silent.empty()) {
    found.push_back(
        fmt::format("receivers.yaml: a route for support names {}, which has no addresses, and "
                    "what is for support never goes to a customer's contacts; give it a 'to'",
                    Names(silent)));
  }
}

void AddCustomers(const Bundle& bundle, const std::vector<std::string>& warnings,
                  std::vector<std::string>& found) {
  std::vector<const Route*> routes = RoutesFor(bundle, Audience::kCustomer);
  if (routes.empty()) {
    if (warnings.empty()) return;
    found.push_back(
        fmt::format("routes.yaml: rules warn customers ({}) and there is no route for customers, "
                    "so no customer is warned; add {{audience: customer, receivers: […]}}",
                    Names(warnings)));
    return;
  }
  std::vector<std::string> receivers;
  for (const Route* route : routes) {
    for (const std::string& id : route->receivers) {
      if (GoesToContacts(bundle.FindReceiver(id))) receivers.push_back(id);
    }
  }
  if (receivers.empty()) return;
  std::sort(receivers.begin(), receivers.end());
  receivers.erase(std::unique(receivers.begin(), receivers.end()), receivers.end());
  std::vector<std::string> without;
  for (const Customer& customer : bundle.customers) {
    if (customer.contacts.empty()) without.push_back(customer.id);
  }
  if (without.empty()) return;
  found.push_back(
      fmt::format("customers.yaml: no contacts for {}, to whose contacts {} sends; add them, or "
                  "nobody there is warned by it",
                  Names(without), Names(receivers)));
}

}  // namespace

std::vector<std::string> FindUnheard(const Bundle& bundle,
                                     const std::vector<std::string>& warnings) {
  std::vector<std::string> found;
  // A bundle without customers and rules has nothing to tell yet.
  if (bundle.customers.empty() && bundle.rule_files.empty()) return found;
  AddSupport(bundle, found);
  AddCustomers(bundle, warnings, found);
  return found;
}

std::vector<std::string> RulesThatWarn(const RuleFiles& rules) {
  std::vector<std::string> names;
  for (const RuleGroup& group : rules.groups) {
    for (const Rule& rule : group.rules) {
      bool is_new = std::find(names.begin(), names.end(), rule.name) == names.end();
      if (!rule.forewarn.warning.empty() && is_new) names.push_back(rule.name);
    }
  }
  return names;
}

}  // namespace forewarn
