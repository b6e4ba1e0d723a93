#include <stdio.h>
#include <stdlib.h>

static int is_prime(long number) {
  for (long divisor = 2; divisor * divisor <= number; divisor++)
    if (number % divisor == 0) return 0;
  return number > 1;
}

int main(int argc, char **argv) {
  long limit = argc > 1 ? strtol(argv[1], NULL, 10) : 20;
  for (long number = 2; number <= limit; number++)
    if (is_prime(number)) printf("%ld\n", number);
  return 0;
}
