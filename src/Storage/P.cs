namespace ModularChat.Storage; internal static class Placeholder;
