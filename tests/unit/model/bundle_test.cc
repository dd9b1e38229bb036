#include "model/bundle.h"

#include <gtest/gtest.h>

namespace forewarn {
namespace {

TEST(Bundle, FindsByIdOrNotAtAll) {
  Bundle bundle;
  bundle.customers.resize(2);
  bundle.customers[1].id = "acme";
  bundle.receivers.resize(1);
  bundle.receivers[0].id = "on-call";
  EXPECT_EQ(bundle.FindCustomer("acme"), &bundle.customers[1]);
  EXPECT_EQ(bundle.FindCustomer("other"), nullptr);
  EXPECT_EQ(bundle.FindReceiver("on-call"), &bundle.receivers[0]);
  EXPECT_EQ(bundle.FindReceiver("acme"), nullptr);
}

}  // namespace
}  // namespace forewarn
