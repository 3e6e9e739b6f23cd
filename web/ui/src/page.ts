// What every page needs: nothing works only with it.
export {};
