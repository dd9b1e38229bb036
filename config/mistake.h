#pragma once

#include <compare>
#include <string>
#include <vector>

#include "base/status.h"

namespace forewarn {

// One thing that is wrong in a file that a person wrote, and where. Line and column count from 1;
// line 0 is the file as a whole.
struct Mistake {
  std::string path;
  int line = 0;
  int column = 0;
  std::string text;  // what is wrong and what to write instead

  friend auto operator<=>(const Mistake&, const Mistake&) = default;

  // `rules.yaml:14:7: unknown key 'treshold'; did you mean 'threshold'?`
  std::string ToString() const;
};

// OK for none; else kInvalidArgument with all of them in the order of their places, one a line.
Status MistakesToStatus(std::vector<Mistake> mistakes);

// The candidate that `word` is most likely a slip of, as `; did you mean 'threshold'?`, or empty.
std::string DidYouMean(const std::string& word, const std::vector<std::string>& candidates);

// What a command line says of a word that it does not know where these commands and options may
// stand: `unknown command 'tickts'; did you mean 'tickets'?`
std::string UnknownWord(const std::string& word, const std::vector<std::string>& commands,
                        const std::vector<std::string>& options);

}  // namespace forewarn
