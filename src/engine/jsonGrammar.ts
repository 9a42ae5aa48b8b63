/**
 * Any JSON object in GBNF. White space is bounded, because small models may otherwise go on with it for ever.
 */
export const jsonObjectGrammar = String.raw`
root ::= object
object ::= "{" space (pair ("," space pair)*)? "}" space
pair ::= string ":" space value
array ::= "[" space (value ("," space value)*)? "]" space
value ::= object | array | string | number | ("true" | "false" | "null") space
string ::= "\"" ([^"\\\x00-\x1F] | "\\" (["\\/bfnrt] | "u" [0-9a-fA-F]{4}))* "\"" space
number ::= "-"? ("0" | [1-9] [0-9]{0,15}) ("." [0-9]{1,15})? ([eE] [-+]? [0-9]{1,3})? space
space ::= [ ]{0,1} | "\n" [ ]{0,12}
`;
