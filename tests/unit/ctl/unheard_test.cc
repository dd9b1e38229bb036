#include "ctl/unheard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace forewarn {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Customer MakeCustomer(const std::string& id, bool has_contact) {
  Customer customer;
  customer.id = id;
  if (has_contact) customer.contacts.push_back({"Operations", "operations@customer.example.com"});
  return customer;
}

Receiver MakeReceiver(const std::string& id, std::vector<std::string> to) {
  Receiver receiver;
  receiver.id = id;
  receiver.to = std::move(to);
  return receiver;
}

Route MakeRoute(Audience audience, const std::string& receiver) {
  Route route;
  route.audience = audience;
  route.receivers = {receiver};
  return route;
}

Bundle Good() {
  Bundle bundle;
  bundle.customers = {MakeCustomer("acme", true)};
  bundle.receivers = {MakeReceiver("on-call", {"on-call@vendor.example.com"}),
                      MakeReceiver("contacts", {})};
  bundle.routes = {MakeRoute(Audience::kSupport, "on-call"),
                   MakeRoute(Audience::kCustomer, "contacts")};
  return bundle;
}

TEST(Unheard, IsNothingWhereEverybodyIsTold) {
  EXPECT_THAT(FindUnheard(Good(), {"DiskWillFill"}), IsEmpty());
  EXPECT_THAT(FindUnheard(Bundle(), {}), IsEmpty()) << "nothing to tell yet";
}

TEST(Unheard, IsSupportWithoutARouteOrAddress) {
  Bundle bundle = Good();
  bundle.routes.erase(bundle.routes.begin());
  EXPECT_THAT(FindUnheard(bundle, {}),
              ElementsAre(HasSubstr("routes.yaml: there is no route for support")));
  bundle = Good();
  bundle.routes[0].receivers = {"contacts"};
  EXPECT_THAT(FindUnheard(bundle, {}),
              ElementsAre(AllOf(HasSubstr("a route for support names 'contacts'"),
                                HasSubstr("give it a 'to'"))));
}

TEST(Unheard, IsACustomerWhoseRulesWarnWithoutARoute) {
  Bundle bundle = Good();
  bundle.routes.pop_back();
  EXPECT_THAT(FindUnheard(bundle, {}), IsEmpty()) << "no rule warns";
  EXPECT_THAT(FindUnheard(bundle, {"DiskWillFill", "DiskIsFull"}),
              ElementsAre(AllOf(HasSubstr("'DiskWillFill', 'DiskIsFull'"),
                                HasSubstr("there is no route for customers"))));
}

TEST(Unheard, IsACustomerWithoutContactsToWhomARouteGoes) {
  Bundle bundle = Good();
  for (const char* id : {"b", "c", "d", "e", "f", "g"}) {
    bundle.customers.push_back(MakeCustomer(id, false));
  }
  EXPECT_THAT(FindUnheard(bundle, {}),
              ElementsAre(AllOf(HasSubstr("no contacts for 'b', 'c', 'd', 'e', 'f' and 1 more"),
                                HasSubstr("'contacts' sends"))));
  bundle.routes[1].receivers = {"on-call"};
  EXPECT_THAT(FindUnheard(bundle, {}), IsEmpty());
}

}  // namespace
}  // namespace forewarn
