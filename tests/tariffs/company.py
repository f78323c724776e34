"""Rules by which some travel only beside others, or for less."""

from tests.tariffs.island import table

HEADER = "rule_id,operator,rider_category,beside,per_companion,required,priced_as,valid_from,valid_to"


ONE_FREE = table(HEADER, "one-free,tll,child,adult,1,0,free,,")
