namespace ModularChat.Identity; internal static class Placeholder;
