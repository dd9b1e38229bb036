#pragma once

#include <string>

#include "base/status.h"
#include "collector/desk.h"

namespace forewarn {

// kNotFound, with the remedy, unless the bundle in force has the customer: what is made for one whom nobody
// described would be watched, and nobody told. Before the first bundle there is nothing to look it up in.
Status CheckIsInBundle(const Desk& desk, const std::string& customer);

// The same for who asks about a customer and found nothing: one who left the bundle is known as long as a probe of
// theirs is. Empty stands for everybody.
Status CheckIsKnown(const Desk& desk, const std::string& customer);

}  // namespace forewarn
