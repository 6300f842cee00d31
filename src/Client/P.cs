namespace ModularChat.Client; internal static class Placeholder;
