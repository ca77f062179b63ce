"""Everyday text that belongs to hardly anybody's labels: what is refused is calibrated with it."""

from __future__ import annotations

TEXTS = """\
my sister finally called back last night
I left my umbrella on the bus again
do you remember the name of that teacher
the soup was a little too salty for me
we walked along the river until it got dark
nobody told me the meeting had moved
she laughed so hard that she had to sit down
what on earth are you talking about
that is exactly what my grandfather used to say
the dog chased a leaf across the yard
I never understood why people like jogging
he borrowed my ladder in spring and still has it
are you being serious right now
the train was late and full of wet coats
my knee hurts whenever it gets cold
they painted their fence bright orange
it smells like somebody burned the toast
how do you even pronounce that word
we should visit aunt Marta before she moves
the children built a boat from cardboard
I dreamed that I could breathe underwater
that joke gets worse every time he tells it
who ate the last piece of cake
the museum was smaller than I expected
her handwriting is impossible to read
thanks a lot, that was kind of you
no idea, ask somebody else
well that escalated quickly
good morning everyone
see you around
I am so tired of all this paperwork
could be worse I suppose
you must be joking
long time no see
why is the sky blue
how old is the oldest tree in the world
what do bees do in winter
who invented the zipper
is a tomato a fruit or a vegetable
how many bones does a cat have
what is the meaning of life
can penguins fly at all
why do onions make people cry
tell me something I do not know
are you a robot or a person
what is your favorite color
do you ever get bored
where were you born
I think therefore I am, or so they say
please write a poem about my goldfish
translate good night into Finnish
what is seven times eight
spell rhythm for me
name three rivers in Africa
who won the chess match in the end
how tall was Napoleon really
what is the capital of Mongolia
explain gravity to a five year old
how do I get red wine out of a carpet
what should I wear to a wedding in June
my phone fell into the sink
the printer is out of paper again
which shoes go with a gray suit
how long do you boil an egg
is it rude to leave before dessert
can you recommend a good dentist
where can I buy a used piano
how do I tie a bow tie
what is a polite way to say no
does this bus stop at the old bridge
the council voted to widen the road next year
shares of the company fell by three percent
a storm damaged several roofs on the coast
researchers found a new species of beetle
the museum will reopen after long repairs
the team lost in the final minute of the game
the author is best known for her short stories
the village lies at the foot of a steep hill
the bridge was built in the nineteenth century
voters will decide on the proposal in autumn
the recipe calls for two cups of flour
salt is made of sodium and chlorine
the moon circles the earth once a month
whales are mammals and not fish
the contract ends on the last day of March
chapter four deals with trade in the Middle Ages
all rights reserved by the publisher
this page was left blank on purpose
sincerely yours
to whom it may concern
attached you will find the minutes of last week
please reply by the end of the month
I am writing to complain about the noise
as discussed, the invoice follows by post
looking forward to hearing from you
sorry for the late answer, I was abroad
the garden needs rain and the roof needs tiles
grandma knits socks for the whole street
my brother wants to become a beekeeper
the cat sleeps on the warm stones
we grow pumpkins behind the shed
the neighbors are having an argument
her new glasses suit her very well
the baby has two teeth now
I found an old coin under the floor
he plays chess with himself on Sundays
it took them nine years to finish the house
the last bus leaves at midnight, I believe
the wallpaper has little green ducks on it
nothing ever happens in this town
somebody parked in front of our door
the bread is still warm
I owe you an apology
let us agree to disagree
what a strange coincidence
that depends on whom you ask
better late than never
I rest my case
hm
okay then
never mind
um what
haha nice
yes and no
asdf qwer zxcv
blah blah blah
lorem ipsum dolor sit amet
one two three four five
xyzzy
42
1 2 3 testing
??
http www dot example dot com
wo ist der nächste Bahnhof
il fait beau dehors
no tengo ni idea
dove sono le mie chiavi
""".splitlines()
