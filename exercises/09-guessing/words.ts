/**
 * Words that people take for passwords, the likeliest first.
 *
 * @module
 */
export const WORDS: readonly string[] = `
123456 password qwerty letmein monkey abc123 football baseball welcome master hello freedom
whatever trustno1 starwars jordan harley hunter ranger buster soccer hockey killer george
andrew charlie superman michelle daniel jessica pepper ginger joshua cheese amanda summer
ashley nicole chelsea matthew access yankees dallas austin thunder taylor william corvette
martin heather merlin diamond hammer silver anthony justin bailey patrick internet scooter
orange golfer cookie richard samantha bigdog guitar jackson mickey chicken sparky snoopy
maverick phoenix camaro peanut morgan falcon cowboy ferrari dragon tigger purple banana
junior victoria winston shadow spider gandalf sunshine princess iloveyou flower butterfly lovely
angel secret computer rainbow chocolate liverpool arsenal barcelona midnight mustang tiger lion
panther eagle wolf rocket galaxy cosmos planet river mountain ocean forest castle
knight wizard magic potion garden window kitchen coffee pizza burger pasta lemon
apple cherry mango melon grape berry paris london berlin madrid vienna prague
oslo dublin athens lisbon
`
  .trim()
  .split(/\s+/)
