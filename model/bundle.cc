#include "model/bundle.h"

namespace forewarn {

const Customer* Bundle::FindCustomer(std::string_view customer) const {
  for (const Customer& candidate : customers) {
    if (candidate.id == customer) return &candidate;
  }
  return nullptr;
}

const Receiver* Bundle::FindReceiver(std::string_view receiver) const {
  for (const Receiver& candidate : receivers) {
    if (candidate.id == receiver) return &candidate;
  }
  return nullptr;
}

}  // namespace forewarn
