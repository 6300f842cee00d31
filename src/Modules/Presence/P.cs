namespace ModularChat.Presence; internal static class Placeholder;
