using System.Numerics;
using Sensorium.Text.Templates.Builtins;

namespace Sensorium.Text.Templates.Runtime;

internal enum Operator
{
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Modulo,
    Power,
}

/// <summary>Python's arithmetic: integers without bounds, true and floor division, sequences repeated and joined, % for formatting.</summary>
internal static class Arithmetic
{
    /// <summary>Integers past this many bits are refused: no prompt needs them, and they take time and memory without end.</summary>
    const long MaxBits = 1 << 16;

    public static TemplateValue Apply(RenderState state, Operator op, TemplateValue a, TemplateValue b)
    {
        if (a is IntValue { IsSmall: true } x && b is IntValue { IsSmall: true } y && Small(op, x.Small64, y.Small64) is { } quick)
            return quick;
        if (Comparison.IsNumber(a) && Comparison.IsNumber(b))
            return a is FloatValue || b is FloatValue ? Floats(op, ToDouble(a), ToDouble(b)) : Integers(state, op, a, b);
        switch (op)
        {
            case Operator.Add when a is StrValue s && b is StrValue t:
                return Concatenate(state, s, t);
            case Operator.Add when (a is ListValue && b is ListValue) || (a is TupleValue && b is TupleValue):
                var left = ((SequenceValue)a).Items;
                var right = ((SequenceValue)b).Items;
                state.Meter.AllocateElements(left.Length + (long)right.Length);
                return ((SequenceValue)a).Like([.. left, .. right]);
            case Operator.Multiply when a is StrValue or SequenceValue && Comparison.TryInteger(b, out var times):
                return Repeat(state, a, times);
            case Operator.Multiply when b is StrValue or SequenceValue && Comparison.TryInteger(a, out var times):
                return Repeat(state, b, times);
            case Operator.Modulo when a is StrValue format:
                return format.Like(PercentFormat.Format(state, format, b));
            case Operator.Add when a is StrValue && b is not UndefinedValue:
                throw Fault.Type($"can only concatenate str (not \"{b.TypeName}\") to str");
            case Operator.Add when a is ListValue && b is not UndefinedValue:
                throw Fault.Type($"can only concatenate list (not \"{b.TypeName}\") to list");
        }
        if (a is UndefinedValue first)
            throw first.Fail();
        if (b is UndefinedValue second)
            throw second.Fail();
        throw Fault.Type($"unsupported operand type(s) for {Sign(op)}: '{a.TypeName}' and '{b.TypeName}'");
    }

    public static TemplateValue Negate(TemplateValue value) => value switch
    {
        IntValue { IsSmall: true } number when number.Small64 != long.MinValue => IntValue.Of(-number.Small64),
        IntValue number => IntValue.Of(-number.Value),
        FloatValue number => new FloatValue(-number.Value),
        BoolValue truth => IntValue.Of(truth.IsTrue ? -1 : 0),
        UndefinedValue undefined => throw undefined.Fail(),
        _ => throw Fault.Type($"bad operand type for unary -: '{value.TypeName}'"),
    };

    public static TemplateValue Plus(TemplateValue value) => value switch
    {
        IntValue or FloatValue => value,
        BoolValue truth => IntValue.Of(truth.IsTrue ? 1 : 0),
        UndefinedValue undefined => throw undefined.Fail(),
        _ => throw Fault.Type($"bad operand type for unary +: '{value.TypeName}'"),
    };

    public static double ToDouble(TemplateValue value)
    {
        if (value is FloatValue number)
            return number.Value;
        if (Comparison.TryLong(value, out var small))
            return small;
        Comparison.TryInteger(value, out var big);
        var result = (double)big;
        return double.IsInfinity(result) ? throw new Fault(TemplateErrorKind.Overflow, "int too large to convert to float") : result;
    }

    public static TemplateValue Repeat(RenderState state, TemplateValue value, BigInteger times)
    {
        if (times.Sign < 0)
            times = 0;
        var size = value is StrValue s ? s.Text.Length : ((SequenceValue)value).Items.Length;
        if (size == 0 || times.IsZero)
            return value is StrValue empty ? empty.Like("") : ((SequenceValue)value).Like([]);
        var total = size * times;
        if (total > int.MaxValue)
            throw Fault.Budget($"a repetition makes {total} characters or elements, far more than a prompt needs");
        if (value is StrValue text)
        {
            state.Meter.Allocate((long)total);
            return text.Like(string.Create((int)total, text.Text, static (span, part) =>
            {
                for (var at = 0; at < span.Length; at += part.Length)
                    part.CopyTo(span[at..]);
            }));
        }
        state.Meter.AllocateElements((long)total);
        var items = new TemplateValue[(int)total];
        var source = ((SequenceValue)value).Items;
        for (var at = 0; at < items.Length; at += source.Length)
            source.CopyTo(items, at);
        return ((SequenceValue)value).Like(items);
    }

    static StrValue Concatenate(RenderState state, StrValue a, StrValue b)
    {
        state.Meter.Allocate(a.Text.Length + (long)b.Text.Length);
        if (a.IsMarkup == b.IsMarkup)
            return a.Like(string.Concat(a.Text, b.Text));
        return StrValue.Markup(string.Concat(Html.Escape(state, a).Text, Html.Escape(state, b).Text));
    }

    static TemplateValue? Small(Operator op, long a, long b)
    {
        long result;
        switch (op)
        {
            case Operator.Add:
                result = unchecked(a + b);
                return ((a ^ result) & (b ^ result)) < 0 ? null : IntValue.Of(result);
            case Operator.Subtract:
                result = unchecked(a - b);
                return ((a ^ b) & (a ^ result)) < 0 ? null : IntValue.Of(result);
            case Operator.Multiply:
                return Math.BigMul(a, b, out result) == result >> 63 ? IntValue.Of(result) : null;
            case Operator.FloorDivide when b is not (0 or -1):
                return IntValue.Of(a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0));
            case Operator.Modulo when b is not (0 or -1):
                result = a % b;
                return IntValue.Of(result != 0 && (result < 0) != (b < 0) ? result + b : result);
            default:
                return null;
        }
    }

    static TemplateValue Integers(RenderState state, Operator op, TemplateValue first, TemplateValue second)
    {
        Comparison.TryInteger(first, out var a);
        Comparison.TryInteger(second, out var b);
        var bits = a.GetBitLength() + b.GetBitLength();
        state.Meter.Step(1 + (bits >> 8) * (bits >> 10));
        switch (op)
        {
            case Operator.Add: return Bounded(a + b);
            case Operator.Subtract: return Bounded(a - b);
            case Operator.Multiply: return Bounded(a * b);
            case Operator.Divide:
                return b.IsZero ? throw DivisionByZero("division by zero") : new FloatValue(TrueDivide(a, b));
            case Operator.FloorDivide:
                return b.IsZero ? throw DivisionByZero("integer division or modulo by zero") : IntValue.Of(FloorDivide(a, b));
            case Operator.Modulo:
                return b.IsZero ? throw DivisionByZero("integer modulo by zero") : IntValue.Of(a - FloorDivide(a, b) * b);
            default:
                if (b.Sign < 0)
                    return Floats(op, ToDouble(first), ToDouble(second));
                if (!a.IsZero && !a.IsOne && a != BigInteger.MinusOne && b * a.GetBitLength() > MaxBits)
                    throw new Fault(TemplateErrorKind.Overflow, $"a power of more than {MaxBits} bits is refused");
                if (a.IsZero || a.IsOne || a == BigInteger.MinusOne)
                    return IntValue.Of(b.IsZero || a.IsOne ? 1 : a.IsZero ? 0 : b.IsEven ? 1 : -1);
                state.Meter.Step(b.IsZero ? 1 : 4000);
                return IntValue.Of(BigInteger.Pow(a, (int)b));
        }
    }

    static IntValue Bounded(BigInteger value) => value.GetBitLength() > MaxBits
        ? throw new Fault(TemplateErrorKind.Overflow, $"an integer of more than {MaxBits} bits is refused")
        : IntValue.Of(value);

    static BigInteger FloorDivide(BigInteger a, BigInteger b)
    {
        var quotient = BigInteger.DivRem(a, b, out var remainder);
        return !remainder.IsZero && (remainder.Sign < 0) != (b.Sign < 0) ? quotient - 1 : quotient;
    }

    /// <summary>The quotient rounded once: 64 extra bits and a sticky one carry what the conversion to double rounds by.</summary>
    static double TrueDivide(BigInteger a, BigInteger b)
    {
        const long exact = 1L << 53;
        if (BigInteger.Abs(a) <= exact && BigInteger.Abs(b) <= exact)
            return (double)a / (double)b;
        var shift = (int)Math.Max(0, 66 + b.GetBitLength() - a.GetBitLength());
        var quotient = BigInteger.DivRem(BigInteger.Abs(a) << shift, BigInteger.Abs(b), out var remainder);
        if (!remainder.IsZero)
            quotient |= BigInteger.One;
        // To 64 bits and a sticky one, so that what follows is a single rounding.
        var drop = (int)(quotient.GetBitLength() - 63);
        if (drop > 0)
        {
            var sticky = (quotient & ((BigInteger.One << drop) - 1)).IsZero ? 0 : 1;
            quotient = (quotient >> drop) | sticky;
        }
        var result = Math.ScaleB((double)(ulong)quotient, Math.Max(drop, 0) - shift);
        if (double.IsInfinity(result))
            throw new Fault(TemplateErrorKind.Overflow, "integer division result too large for a float");
        return a.Sign * b.Sign < 0 ? -result : result;
    }

    static FloatValue Floats(Operator op, double a, double b)
    {
        switch (op)
        {
            case Operator.Add: return new FloatValue(a + b);
            case Operator.Subtract: return new FloatValue(a - b);
            case Operator.Multiply: return new FloatValue(a * b);
            case Operator.Divide: return b == 0 ? throw DivisionByZero("float division by zero") : new FloatValue(a / b);
            case Operator.FloorDivide:
                if (b == 0)
                    throw DivisionByZero("float floor division by zero");
                var remainder = FloatModulo(a, b);
                return new FloatValue(Math.Round((a - remainder) / b));
            case Operator.Modulo: return b == 0 ? throw DivisionByZero("float modulo") : new FloatValue(FloatModulo(a, b));
            default:
                if (a == 0 && b < 0)
                    throw DivisionByZero("0.0 cannot be raised to a negative power");
                if (a < 0 && b != Math.Floor(b) && double.IsFinite(b))
                    throw Fault.Type("a power of a negative number with a fraction is complex, which templates do not have");
                var power = Math.Pow(a, b);
                return double.IsInfinity(power) && double.IsFinite(a) && double.IsFinite(b)
                    ? throw new Fault(TemplateErrorKind.Overflow, "Numerical result out of range")
                    : new FloatValue(power);
        }
    }

    static double FloatModulo(double a, double b)
    {
        var result = a % b;
        return result != 0 ? (result < 0) != (b < 0) ? result + b : result : Math.CopySign(0, b);
    }

    static Fault DivisionByZero(string message) => new(TemplateErrorKind.ZeroDivision, message);

    static string Sign(Operator op) => op switch
    {
        Operator.Add => "+",
        Operator.Subtract => "-",
        Operator.Multiply => "*",
        Operator.Divide => "/",
        Operator.FloorDivide => "//",
        Operator.Modulo => "%",
        _ => "** or pow()",
    };
}
