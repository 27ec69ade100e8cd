// Its parts have no types of their own.
declare module 'undici/lib/*'
