#pragma once

#include <string>
#include <vector>

#include "model/bundle.h"
#include "model/notification.h"

namespace forewarn {

// Who reads what a receiver gets, and in which form.
struct Reader {
  std::string locale = "en";
  std::string timezone = "UTC";
  std::vector<std::string> addresses;  // for e-mail
  std::string problem;                 // why nobody can be reached, and what to do; or empty
};

// `receiver` and `customer` are null when the bundle has none of that id: a problem for the first
// always, for the second when its contacts are asked for. What is for support never goes to a
// customer's contacts.
Reader ReaderOf(Audience audience, const std::string& receiver_id, const Receiver* receiver,
                const Customer* customer);

}  // namespace forewarn
