#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "model/labels.h"
#include "model/notification.h"
#include "model/telemetry.h"

namespace forewarn {

// What operators declare in files and apply as a whole (`forewarnctl apply -f DIR`): customers,
// receivers, routes and rules. Content-addressed: the same files have the same id. Read by
// config/bundle_files.h.

// A person at the customer who is warned.
struct Person {
  std::string name;
  std::string email;

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.name);
    visit(2, self.email);
  }
};

// How long a customer's data are kept where that is not as the collector's settings say. Zero: as
// they say.
struct CustomerRetention {
  Duration samples{0};
  Duration rollups{0};
  Duration events{0};

  bool any() const { return samples + rollups + events > Duration{0}; }

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.samples);
    visit(2, self.rollups);
    visit(3, self.events);
  }
};

struct Customer {
  std::string id;  // slug
  std::string name;
  std::string locale = "en";     // of its warnings
  std::string timezone = "UTC";  // IANA
  std::vector<Person> contacts;
  std::string owner;  // the named engineer in messages to this customer
  std::string owner_email;
  Labels labels;  // plan, product, … for selectors
  CustomerRetention retention;

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.id);
    visit(2, self.name);
    visit(3, self.locale);
    visit(4, self.timezone);
    visit(5, self.contacts);
    visit(6, self.owner);
    visit(7, self.owner_email);
    visit(8, self.labels);
    visit(9, self.retention);
  }
};

// Where messages go. The e-mail server's address and credentials are settings of the collector.
struct Receiver {
  enum class Kind : int32_t { kEmail = 1, kWebhook = 2 };
  std::string id;  // slug
  Kind kind = Kind::kEmail;
  std::vector<std::string> to;  // e-mail addresses; empty: the customer's contacts
  std::string url;              // webhook: https, or http where the settings allow it
  std::string secret_file;      // webhook: key of the signature; a path on the collector

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.id);
    visit(2, self.kind);
    visit(3, self.to);
    visit(4, self.url);
    visit(5, self.secret_file);
  }
};

// Which notices go to which receivers. All routes that match apply.
struct Route {
  Audience audience = Audience::kSupport;
  std::vector<std::string> matchers;   // on the alert's labels, in PromQL's notation; none: all
  std::vector<std::string> receivers;  // ids
  Severity severity_min = Severity::kInfo;

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.audience);
    visit(2, self.matchers);
    visit(3, self.receivers);
    visit(4, self.severity_min);
  }
};

// When a silent probe is late and when it is lost. Arrival time.
struct ContactPolicy {
  Duration late_after = 2min;
  Duration lost_after = 10min;

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.late_after);
    visit(2, self.lost_after);
  }
};

// A file as it was applied. Rule files stay text here: the rules parse them.
struct BundleFile {
  std::string path;  // relative to the bundle's folder, with `/`
  std::string text;

  friend auto operator<=>(const BundleFile&, const BundleFile&) = default;

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.path);
    visit(2, self.text);
  }
};

struct Bundle {
  std::string id;  // 16 hex digits: the fingerprint of all paths and texts
  std::vector<Customer> customers;
  std::vector<Receiver> receivers;
  std::vector<Route> routes;
  ContactPolicy contact;
  std::vector<BundleFile> rule_files;
  std::vector<BundleFile> files;  // all of it, as applied; for `forewarnctl bundle show` and diffs

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.id);
    visit(2, self.customers);
    visit(3, self.receivers);
    visit(4, self.routes);
    visit(5, self.contact);
    visit(6, self.rule_files);
    visit(7, self.files);
  }

  // Null when there is none.
  const Customer* FindCustomer(std::string_view id) const;
  const Receiver* FindReceiver(std::string_view id) const;
};

}  // namespace forewarn
