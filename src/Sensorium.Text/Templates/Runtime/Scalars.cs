using System.Numerics;

namespace Sensorium.Text.Templates.Runtime;

internal sealed class NoneValue : TemplateValue
{
    public static readonly NoneValue Instance = new();

    internal override string TypeName => "NoneType";

    internal override bool IsTrue => false;
}

internal sealed class BoolValue : TemplateValue
{
    public static readonly BoolValue True = new();

    public static readonly BoolValue False = new();

    internal override string TypeName => "bool";

    internal override bool IsTrue => ReferenceEquals(this, True);

    public static BoolValue Of(bool value) => value ? True : False;
}

/// <summary>An integer; what fits 64 bits is kept as such, so that the usual case needs no big numbers.</summary>
internal sealed class IntValue : TemplateValue
{
    static readonly IntValue[] Small = MakeSmall();

    IntValue(long value)
    {
        Small64 = value;
        IsSmall = true;
    }

    IntValue(BigInteger value) => Big = value;

    public bool IsSmall { get; }

    public long Small64 { get; }

    BigInteger Big { get; }

    public BigInteger Value => IsSmall ? Small64 : Big;

    internal override string TypeName => "int";

    internal override bool IsTrue => !IsSmall || Small64 != 0;

    internal override long Weight => IsSmall ? 1 : Big.GetByteCount();

    public static IntValue Of(long value) => (ulong)(value + 8) < (ulong)Small.Length ? Small[value + 8] : new IntValue(value);

    public static IntValue Of(BigInteger value) =>
        value >= long.MinValue && value <= long.MaxValue ? Of((long)value) : new IntValue(value);

    static IntValue[] MakeSmall()
    {
        var values = new IntValue[264];
        for (var i = 0; i < values.Length; i++)
            values[i] = new IntValue(i - 8);
        return values;
    }
}

internal sealed class FloatValue(double value) : TemplateValue
{
    public double Value { get; } = value;

    internal override string TypeName => "float";

    internal override bool IsTrue => Value != 0;
}

/// <summary>What a name, an attribute or an item that is not there evaluates to: prints as nothing, is false, and fails when anything is asked of it.</summary>
internal sealed class UndefinedValue(string? name, TemplateValue? owner = null, string? hint = null, TemplateErrorKind kind = TemplateErrorKind.Undefined) : TemplateValue
{
    TemplateValue? Key { get; init; }

    internal override string TypeName => "Undefined";

    internal override bool IsTrue => false;

    public static UndefinedValue Element(TemplateValue owner, TemplateValue key) =>
        key is StrValue text ? new(text.Text, owner) : new(null, owner) { Key = key };

    public static UndefinedValue Unsafe(TemplateValue owner, string name) =>
        new(name, owner, $"access to attribute '{name}' of '{owner.TypeName}' object is unsafe.", TemplateErrorKind.Security);

    public static UndefinedValue Because(string hint) => new(null, null, hint);

    public Fault Fail()
    {
        if (hint is not null)
            return new Fault(kind, hint);
        if (owner is null)
            return new Fault(kind, $"'{name}' is undefined");
        var ownerName = owner is NoneValue ? "None" : owner.TypeName + " object";
        return Key is null
            ? new Fault(kind, $"'{ownerName}' has no attribute '{name}'")
            : new Fault(kind, $"{ownerName} has no element {Printer.Repr(Meter.ForDisplay(), Key)}");
    }
}
