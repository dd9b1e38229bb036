#include "notifier/reader.h"

#include <fmt/format.h>

namespace forewarn {

Reader ReaderOf(Audience audience, const std::string& receiver_id, const Receiver* receiver,
                const Customer* customer) {
  Reader reader;
  if (receiver == nullptr) {
    reader.problem = fmt::format("there is no receiver {} in the bundle", receiver_id);
    return reader;
  }
  bool is_customer = audience == Audience::kCustomer;
  if (is_customer && customer != nullptr) {
    reader.locale = customer->locale;
    reader.timezone = customer->timezone;
  }
  if (receiver->kind != Receiver::Kind::kEmail) return reader;
  reader.addresses = receiver->to;
  if (!reader.addresses.empty()) return reader;
  if (!is_customer) {
    reader.problem = fmt::format(
        "receiver {} has no addresses, and what is for support never goes to a customer's "
        "contacts; give it a 'to'",
        receiver->id);
  } else if (customer == nullptr) {
    reader.problem = "the customer is not in the bundle; add it with its contacts";
  } else {
    for (const Person& person : customer->contacts) {
      if (!person.email.empty()) reader.addresses.push_back(person.email);
    }
    if (reader.addresses.empty()) {
      reader.problem =
          fmt::format("customer {} has no contact with an e-mail address; add one", customer->id);
    }
  }
  return reader;
}

}  // namespace forewarn
