using System.Reflection;
using System.Reflection.Emit;

namespace ModularChat.ArchitectureTests.Code;

/// <summary>
/// Every type that a type names: in its signature and, by walking the IL, in its methods. Types that the compiler makes
/// (async bodies, lambdas, iterators) count as part of the type that holds them. Constants and nameof leave no trace.
/// </summary>
internal static class TypeReferences
{
    private const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<short, OpCode> Codes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(f => (OpCode)f.GetValue(null)!)
        .ToDictionary(c => c.Value);

    public static IReadOnlySet<Type> Of(Type type)
    {
        var found = new HashSet<Type>();
        Collect(type, found);
        return found;
    }

    private static void Collect(Type type, HashSet<Type> found)
    {
        Add(type.BaseType, found);
        foreach (var one in type.GetInterfaces())
        {
            Add(one, found);
        }
        foreach (var attribute in type.GetCustomAttributesData())
        {
            Add(attribute.AttributeType, found);
        }
        foreach (var field in type.GetFields(All))
        {
            Add(field.FieldType, found);
        }
        foreach (var property in type.GetProperties(All))
        {
            Add(property.PropertyType, found);
        }
        foreach (var method in type.GetMethods(All).Cast<MethodBase>().Concat(type.GetConstructors(All)))
        {
            Collect(method, found);
        }
        foreach (var nested in type.GetNestedTypes(All).Where(n => n.Name.Contains('<', StringComparison.Ordinal)))
        {
            Collect(nested, found);
        }
    }

    private static void Collect(MethodBase method, HashSet<Type> found)
    {
        foreach (var parameter in method.GetParameters())
        {
            Add(parameter.ParameterType, found);
        }
        Add((method as MethodInfo)?.ReturnType, found);
        if (method.GetMethodBody() is not { } body)
        {
            return;
        }
        foreach (var local in body.LocalVariables)
        {
            Add(local.LocalType, found);
        }
        foreach (var clause in body.ExceptionHandlingClauses.Where(c => c.Flags == ExceptionHandlingClauseOptions.Clause))
        {
            Add(clause.CatchType, found);
        }
        Walk(method, body.GetILAsByteArray() ?? [], found);
    }

    private static void Walk(MethodBase method, byte[] il, HashSet<Type> found)
    {
        var ofType = method.DeclaringType is { IsGenericType: true } declaring ? declaring.GetGenericArguments() : null;
        var ofMethod = method.IsGenericMethod ? method.GetGenericArguments() : null;
        for (var i = 0; i < il.Length;)
        {
            var code = il[i] == 0xFE ? Codes[(short)(0xFE00 | il[i + 1])] : Codes[il[i]];
            i += code.Size;
            if (code.OperandType is OperandType.InlineMethod or OperandType.InlineField or OperandType.InlineType or OperandType.InlineTok)
            {
                Add(method.Module.ResolveMember(BitConverter.ToInt32(il, i), ofType, ofMethod), found);
            }
            i += Size(code.OperandType, il, i);
        }
    }

    private static void Add(MemberInfo? member, HashSet<Type> found)
    {
        switch (member)
        {
            case null:
                break;
            case Type { HasElementType: true } wrapped:
                Add(wrapped.GetElementType(), found);
                break;
            case Type { IsGenericParameter: true }:
                break;
            case Type type:
                if (found.Add(type.IsGenericType ? type.GetGenericTypeDefinition() : type) || type.IsGenericType)
                {
                    foreach (var argument in type.GetGenericArguments())
                    {
                        Add(argument, found);
                    }
                }
                break;
            default:
                Add(member.DeclaringType, found);
                if (member is MethodInfo method)
                {
                    Add(method.ReturnType, found);
                    foreach (var argument in method.IsGenericMethod ? method.GetGenericArguments() : [])
                    {
                        Add(argument, found);
                    }
                }
                else if (member is FieldInfo field)
                {
                    Add(field.FieldType, found);
                }
                break;
        }
    }

    private static int Size(OperandType operand, byte[] il, int i) => operand switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(il, i)),
        _ => 4,
    };
}
