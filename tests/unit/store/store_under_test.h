#pragma once

#include <memory>

#include "store/store.h"

namespace forewarn {

// A kind of Store as the conformance tests see it: an object that can die and come back over what was
// durable.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual Store& store() = 0;
  virtual void Reopen() = 0;
};

}  // namespace forewarn
